using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.JobActors.Explaining;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Dispatcher.Workflows;

namespace Dispatcher.JobActors;

/// <summary>The only door for commands. Finds or wakes the job's actor; answers when the command is durable or refused.</summary>
public sealed class JobGateway(JobServices services)
{
    private readonly JobExplainer _explainer = new(services);
    private volatile bool _closed;
    private int _underWay;
    private long _bytesUnderWay;

    /// <summary>The node's clock, in the journal's resolution: the time of a command that is given now.</summary>
    public DateTimeOffset Now => services.Now();

    public JobId NextJobId() => services.NextJob().Id;

    /// <summary>Creates a job. Its workflow must be registered and its input must fit.</summary>
    /// <param name="approves">Approves it in the same write, if its workflow requires approval.</param>
    public async Task<CommandReply> Submit(JobSpec spec, Principal by, JobId? id = null, bool approves = false)
    {
        if (await services.Workflows.Find(spec.Workflow.Hash) is not { } workflow || workflow.Reference != spec.Workflow)
            return Refuse("unknown-workflow", $"There is no workflow {spec.Workflow.Name} version {spec.Workflow.Version} with this definition; register it first.");
        if (workflow.ValidateInput(spec.Input) is { Count: > 0 } faults)
            return new CommandReply.Refused(InvalidInput(workflow, faults));
        if (spec.DependsOn is { Length: > 0 and <= JobLimits.Dependencies } dependencies && await FirstUnknown(dependencies, spec.Tenant) is { } unknown)
            return Refuse("unknown-dependency", $"The job depends on {unknown}, and there is no such job.");
        if (spec.Parent is { } parent && await FirstUnknown([parent.Job], spec.Tenant) is not null)
            return Refuse("unknown-parent", $"The job names {parent.Job} as its parent, and there is no such job.");
        var (jobId, now) = id is { } given ? (given, services.Now()) : services.NextJob();
        try
        {
            spec = services.WithQuota(spec, workflow, jobId);
        }
        catch (ExpressionException failure)
        {
            return new CommandReply.Refused(JobQuotas.RefusalOf(workflow, failure));
        }

        return await Send(jobId, new JobCommand.Submit(jobId, spec, by, now) { Approves = approves });
    }

    /// <summary>
    /// Creates jobs, each with its own answer in the order of the specs. All are given at once, so that the group commit writes them together.
    /// </summary>
    public Task<CommandReply[]> SubmitAll(IReadOnlyList<JobSpec> specs, Principal by) => Task.WhenAll(specs.Select(spec => Submit(spec, by)));

    /// <summary>Gives a command to a job.</summary>
    /// <param name="guard">What must hold of the job; null gives the command to whatever job there is.</param>
    public async Task<CommandReply> Send(JobId id, JobCommand command, CommandGuard? guard = null)
    {
        var bytes = InputOf(command) is { ValueKind: not JsonValueKind.Undefined } input ? JsonSize.Of(input) : 0;
        try
        {
            if (!HasRoomFor(bytes)) return new CommandReply.Unavailable("More commands are under way on this node than it may hold, since the disk is slow; give it again in a moment.");
            var message = new CommandMessage(command, guard);
            if (_closed) message.Undelivered();
            else services.Delivery.Deliver(id, message);
            return await message.Reply;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
            Interlocked.Add(ref _bytesUnderWay, -bytes);
        }
    }

    /// <summary>What the job is doing; null if there is no such job.</summary>
    /// <param name="tenant">Whose job it must be, or it is answered as one that does not exist; null asks for no tenant.</param>
    public Task<JobInspection?> Inspect(JobId id, string? tenant = null)
    {
        var message = new InspectMessage(tenant);
        services.Delivery.Deliver(id, message);
        return message.Reply;
    }

    /// <summary>What a job that is in memory is doing; null if it is not in memory, is another tenant's or is just leaving: then the store tells. Loads nothing.</summary>
    public async ValueTask<JobInspection?> InspectLoaded(JobId id, string tenant)
    {
        var message = new InspectMessage(tenant);
        return services.Registry.Find(id) is { } cell && cell.Tell(message) ? await message.Reply : null;
    }

    /// <summary>Why the job is not running now, since when, and what would make it go on; null if there is no such job of the tenant.</summary>
    public async Task<JobExplanation?> Explain(JobId id, string? tenant = null) =>
        await Inspect(id, tenant) is { } inspection ? await _explainer.Explain(inspection) : null;

    /// <summary>What the node that owns the job says of why it waits; null if that is this one, or says nothing that the store does not know.</summary>
    public async Task<JobExplanation?> AskOwner(JobId id, string tenant) =>
        services.Remote is { } remote && !services.Shards.IsMine(id) ? await remote.Explain(id, tenant) : null;

    /// <summary>The same of a job that was read already: loads nothing.</summary>
    public Task<JobExplanation> Explain(JobInspection inspection) => _explainer.Explain(inspection);

    /// <summary>Loads a job whose history was read in bulk; a job that is in memory already is woken instead. Tells an actor when the job has had its first turn.</summary>
    /// <returns>True when the job was not in memory.</returns>
    internal bool Load(JobHistory history, ActorCell tell, object whenSettled)
    {
        var notice = new SettleNotice(tell, whenSettled);
        if (!_closed) return services.Delivery.Load(history, notice);
        notice.Answer();
        return false;
    }

    /// <summary>Takes no more commands; those taken are carried out.</summary>
    public void Close() => _closed = true;

    /// <summary>Counts a command that waits for its reply: a slow disk must not become full memory. One that is alone has room, however large it is.</summary>
    private bool HasRoomFor(int bytes)
    {
        var commands = Interlocked.Increment(ref _underWay);
        return Interlocked.Add(ref _bytesUnderWay, bytes) <= services.CommandLimitBytes ? commands <= services.CommandLimit : commands == 1;
    }

    /// <summary>The first of these jobs that the tenant does not have; another tenant's is none.</summary>
    private async ValueTask<JobId?> FirstUnknown(ImmutableArray<JobId> jobs, string tenant)
    {
        var rows = await services.Store.FindJobs(jobs);
        var known = rows.Where(row => row.Tenant == tenant).Select(row => row.Id).ToHashSet();
        foreach (var job in jobs)
        {
            if (!known.Contains(job)) return job;
        }

        return null;
    }

    internal static Rejection InvalidInput(WorkflowDefinition workflow, IEnumerable<SchemaFault> faults) =>
        new("invalid-input", $"The input does not fit workflow {workflow.Name}: {string.Join("; ", faults.Select(fault => $"{fault.Path}: {fault.Message}"))}");

    private static JsonElement? InputOf(JobCommand command) => command switch
    {
        JobCommand.Submit submit => submit.Spec.Input,
        JobCommand.Amend amend => amend.Input,
        _ => null,
    };

    private static CommandReply.Refused Refuse(string code, string message) => new(new Rejection(code, message));
}
