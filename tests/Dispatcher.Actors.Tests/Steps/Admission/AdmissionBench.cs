using System.Globalization;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>One stage under a manual clock, with short names for its tickets and a record of who was told, and when.</summary>
internal sealed class AdmissionBench : IAdmissionListener
{
    private readonly List<(AdmissionTicket Ticket, TimeSpan At)> _told = [];

    public AdmissionBench(StageLimits limits)
        : this(limits, new ManualTimeProvider())
    {
    }

    /// <param name="time">The clock that the test moves.</param>
    /// <param name="stageTime">What the stage sees of it, if not all.</param>
    public AdmissionBench(StageLimits limits, ManualTimeProvider time, TimeProvider? stageTime = null)
    {
        Time = time;
        Stage = new RenderStage("render", limits, stageTime ?? time, (_, error) => Errors.Add(error));
    }

    public ManualTimeProvider Time { get; }

    public RenderStage Stage { get; }

    public List<Exception> Errors { get; } = [];

    /// <summary>What a listener does when told, beside being recorded.</summary>
    public Action<AdmissionTicket>? OnAdmitted { get; set; }

    /// <summary>Tickets whose listener was told, in order.</summary>
    public IEnumerable<AdmissionTicket> Told => _told.Select(told => told.Ticket);

    public IEnumerable<string> ToldNames => Told.Select(NameOf);

    public IEnumerable<double> ToldAtSeconds => _told.Select(told => told.At.TotalSeconds);

    public void Admitted(AdmissionTicket ticket)
    {
        _told.Add((ticket, Time.Elapsed));
        OnAdmitted?.Invoke(ticket);
    }

    /// <summary>A ticket named tenant/job/item, such as <c>a/1/0</c>.</summary>
    public AdmissionTicket Ticket(string name, int priority = 0)
    {
        var parts = name.Split('/');
        var job = new JobId(new Guid(int.Parse(parts[1], CultureInfo.InvariantCulture), 0, 0, new byte[8]));
        var step = new StepKey("step", int.Parse(parts[2], CultureInfo.InvariantCulture));
        return new AdmissionTicket(Stage.Name, parts[0], job, step, priority, this);
    }

    /// <summary>Makes the tickets and has each of them try, in order.</summary>
    public List<AdmissionTicket> Try(params string[] names) => [.. names.Select(name => Try(name))];

    public AdmissionTicket Try(string name, int priority = 0)
    {
        var ticket = Ticket(name, priority);
        Stage.TryAdmit(ticket);
        return ticket;
    }

    /// <summary>Takes every place of the stage.</summary>
    public List<AdmissionTicket> Fill(string tenant = "filler") =>
        [.. Enumerable.Range(0, Stage.Limits.MaxConcurrency).Select(item => Try($"{tenant}/99/{item}"))];

    public static string NameOf(AdmissionTicket ticket) =>
        $"{ticket.Tenant}/{ticket.Job.Value.ToString("N")[..8].TrimStart('0')}/{ticket.Step.Item}";
}
