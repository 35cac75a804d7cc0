using System.Globalization;
using Dispatcher.Jobs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Dispatcher.Host.Terminal;

/// <summary>The job as a picture that is drawn anew in place: a bar for the job, and a row for each step.</summary>
internal sealed class LiveView(IAnsiConsole console) : IRunView
{
    /// <summary>Lines around the rows of steps: title, bar, an empty one, what is left out, notes, the prompt.</summary>
    private const int LinesAround = 8;

    private const int BarCells = 24;

    /// <summary>The most cells of a step's name; ids may have 63 letters.</summary>
    private const int NameCells = 28;

    /// <summary>Room for the terminal's own <c>^C</c>, which would break the last line and so shift the picture.</summary>
    private const int RightMargin = 4;

    /// <summary>The symbol and the spaces of a step's line.</summary>
    private const int Gaps = 6;

    private const int NotesShown = 2;

    private readonly Dictionary<string, Throughput> _throughputs = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];
    private LiveDisplayContext? _display;

    public TimeSpan? RefreshEvery => TimeSpan.FromMilliseconds(100);

    public Task Around(Func<Task> work) => console.Live(Text.Empty).Overflow(VerticalOverflow.Crop).StartAsync(async display =>
    {
        _display = display;
        await work();
    });

    public void Begin(JobState state)
    {
    }

    public void Committed(IEnumerable<JobEvent> events)
    {
    }

    public void Note(string sentence) => _notes.Add(sentence);

    public void Draw(RunPicture picture)
    {
        if (_display is null) return;
        _display.UpdateTarget(Render(picture));
        _display.Refresh();
    }

    /// <summary>The whole picture. Each line fits the terminal: one that wraps would be left behind when the next picture is drawn.</summary>
    public IRenderable Render(RunPicture picture)
    {
        var state = picture.State;
        var lines = new List<IRenderable> { Title(state), JobLine(picture), Text.Empty };
        var (shown, hidden) = Choose(state, Math.Max(3, console.Profile.Height - LinesAround));
        var nameCells = Math.Min(NameCells, shown.Max(index => state.Plan.Steps[index].Id.Length));
        foreach (var index in shown) lines.Add(StepLine(picture, index, nameCells));
        if (hidden > 0) lines.Add(Line("grey", $"  and {hidden} more steps"));
        lines.AddRange(_notes.TakeLast(NotesShown).Select(note => Line("yellow", note)));
        return new Rows(lines);
    }

    private Markup Title(JobState state)
    {
        var workflow = state.Spec.Workflow;
        return new Markup($"[bold]{Markup.Escape(workflow.Name)}[/]{Styled("grey", $" version {workflow.Version}  job {state.Id}", workflow.Name.Length)}");
    }

    private Markup JobLine(RunPicture picture)
    {
        var state = picture.State;
        var elapsed = TimeText.Of((state.EndedAt ?? picture.Now) - (state.StartedAt ?? state.CreatedAt));
        var text = $" {Math.Floor(picture.Progress.Percent).ToString("0", CultureInfo.InvariantCulture),3} %  {state.Status.ToText()}  {elapsed}";
        var wait = JobWaitText(picture) is { } why ? Styled("yellow", $"  {why}", BarCells + text.Length) : "";
        return new Markup($"{Bar(picture.Progress.Percent, ColorOf(state.Status))}{text}{wait}");
    }

    private Markup Line(string style, string text) => new(Styled(style, text, 0));

    /// <summary>Markup of a text, cut to what is left of the line after the given cells.</summary>
    private string Styled(string style, string text, int cellsBefore) =>
        $"[{style}]{Markup.Escape(CellText.Cut(EventText.OneLine(text), console.Profile.Width - cellsBefore - RightMargin))}[/]";

    private static string? JobWaitText(RunPicture picture) => picture.State.Status switch
    {
        JobStatus.Pending => "waits for somebody's approval",
        JobStatus.Scheduled => $"starts in {TimeText.Of((picture.State.Spec.StartAt ?? picture.Now) - picture.Now)}",
        JobStatus.Waiting => $"waits for {picture.State.OpenDependencies.Length} other jobs",
        JobStatus.Paused => $"paused by {picture.State.PausedBy?.Name}",
        _ => null,
    };

    /// <summary>The steps that fit: those that are open come before those that have ended, those before the ones that have not begun.</summary>
    private static (IReadOnlyList<int> Shown, int Hidden) Choose(JobState state, int limit)
    {
        var all = Enumerable.Range(0, state.Steps.Length).ToList();
        if (all.Count <= limit) return (all, 0);
        var shown = all.OrderBy(index => Rank(state.Steps[index].Status)).ThenByDescending(index => state.Steps[index].EndedAt ?? DateTimeOffset.MinValue).ThenBy(index => index).Take(limit).Order().ToList();
        return (shown, all.Count - shown.Count);
    }

    private static int Rank(StepStatus status) => status switch
    {
        StepStatus.Failed => 0,
        StepStatus.Running or StepStatus.Retrying or StepStatus.Queued => 1,
        StepStatus.Pending => 2,
        _ => 3,
    };

    private Markup StepLine(RunPicture picture, int index, int nameCells)
    {
        var (step, plan) = (picture.State.Steps[index], picture.State.Plan.Steps[index]);
        var throughput = step.FanOut is { } fanOut ? ThroughputOf(plan.Id).Observe(fanOut.Completed + fanOut.Failed, picture.Now) : null;
        var name = Markup.Escape(CellText.Cut(plan.Id, nameCells).PadRight(nameCells));
        var bar = StepDetail.Percent(picture, step, plan) is { } percent ? Bar(percent, ColorOf(step.Status)) : $"[grey]{new string('·', BarCells)}[/]";
        var detail = Styled(DetailStyle(step.Status), StepDetail.Of(picture, step, plan, throughput), nameCells + BarCells + Gaps);
        return new Markup($"{Symbol(step.Status)} {(step.Status == StepStatus.Pending ? $"[grey]{name}[/]" : name)}  {bar}  {detail}");
    }

    private static string DetailStyle(StepStatus status) => status switch
    {
        StepStatus.Failed => "red",
        StepStatus.Retrying or StepStatus.Queued => "yellow",
        StepStatus.Running => "default",
        _ => "grey",
    };

    private Throughput ThroughputOf(string step)
    {
        if (!_throughputs.TryGetValue(step, out var throughput)) _throughputs.Add(step, throughput = new Throughput());
        return throughput;
    }

    private static string Bar(double percent, string color)
    {
        var full = (int)Math.Floor(Math.Clamp(percent, 0, 100) / 100 * BarCells);
        return $"[{color}]{new string('━', full)}[/][grey]{new string('─', BarCells - full)}[/]";
    }

    private static string Symbol(StepStatus status) => status switch
    {
        StepStatus.Completed => "[green]✓[/]",
        StepStatus.Failed => "[red]✗[/]",
        StepStatus.Running => "[blue]●[/]",
        StepStatus.Retrying => "[yellow]↻[/]",
        StepStatus.Queued => "[yellow]◌[/]",
        StepStatus.Skipped or StepStatus.Cancelled => "[grey]–[/]",
        _ => "[grey]·[/]",
    };

    private static string ColorOf(JobStatus status) => status switch
    {
        JobStatus.Completed => "green",
        JobStatus.Failed => "red",
        JobStatus.Cancelled or JobStatus.Paused => "yellow",
        _ => "blue",
    };

    private static string ColorOf(StepStatus status) => status switch
    {
        StepStatus.Completed => "green",
        StepStatus.Failed => "red",
        StepStatus.Retrying => "yellow",
        _ => "blue",
    };
}
