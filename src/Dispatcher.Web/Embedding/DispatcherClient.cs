using System.Collections.Immutable;
using System.Diagnostics;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps.Functions;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Creating;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Web.Embedding;

/// <summary>Speaks to the engine of this process.</summary>
internal sealed class DispatcherClient(DispatcherEngine engine, string tenant) : IDispatcherClient
{
    private const string Origin = "embedded";

    /// <summary>The time between two looks into the store, in a cluster.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private static readonly Principal Application = new("application", Origin);

    public DispatcherClient(DispatcherEngine engine) : this(engine, Caller.DefaultTenant)
    {
    }

    public async Task<JobId> Submit(string workflow, object? input, SubmitOptions? options)
    {
        options ??= new SubmitOptions();
        if (options.IdempotencyKey is { } key && IdempotencyKey.Fault(key) is { } fault) throw new DispatcherRefusedException("invalid-request", $"The idempotency key {fault}.");
        if (options.Labels?.Keys.FirstOrDefault(FiringLabels.IsOwn) is { } own) throw new DispatcherRefusedException("invalid-request", $"The label {own} is one that schedules give their runs; choose another name.");
        var registered = await engine.Store.FindRegistered(tenant, workflow, options.Version)
            ?? throw new DispatcherRefusedException("unknown-workflow", $"There is no workflow {workflow}{(options.Version is { } version ? $" version {version}" : "")}; add it with AddWorkflow.");
        var spec = new JobSpec
        {
            Tenant = tenant,
            Workflow = new WorkflowReference(registered.Name, registered.Version, registered.Hash),
            Input = StepJson.WriteInput(input),
            Priority = options.Priority,
            Labels = options.Labels?.ToImmutableSortedDictionary(StringComparer.Ordinal),
            IdempotencyKey = options.IdempotencyKey,
            CorrelationId = options.CorrelationId,
            StartAt = options.StartAt,
            DependsOn = options.DependsOn is { Count: > 0 } jobs ? [.. jobs] : null,
            TraceParent = Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null,
        };
        return await engine.Gateway.Submit(spec, new Principal(options.By, Origin)) switch
        {
            CommandReply.Done done => done.JobId,
            CommandReply.Accepted accepted => accepted.JobId,
            CommandReply.Duplicate { SameRequest: true } duplicate => duplicate.Existing,
            CommandReply.Duplicate duplicate => throw new DispatcherRefusedException(
                "idempotency-conflict", $"The idempotency key '{options.IdempotencyKey}' belongs to the job {duplicate.Existing}, which was asked for with another request."),
            var reply => throw Fault(reply),
        };
    }

    public async Task<JobState?> Find(JobId id) => await engine.Gateway.Inspect(id, tenant) switch
    {
        null => null,
        { State: { } state } => state,
        var parked => throw new DispatcherRefusedException("parked", $"The job is parked: {parked.Parked}"),
    };

    public async Task<JobState> WhenEnded(JobId id, CancellationToken cancellation)
    {
        var state = await Find(id) ?? throw new DispatcherRefusedException("not-found", $"There is no job {id}.");
        if (state.Status.IsTerminal()) return state;
        if (engine.Cluster is not null) return await WhenEndedAnywhere(id, cancellation);
        // The job is looked at again after the wait has begun, so that an end between the two is not missed.
        var ended = engine.Node.Feed.WhenEnded(id);
        state = await Find(id) ?? throw new DispatcherRefusedException("not-found", $"The job {id} was deleted.");
        if (state.Status.IsTerminal()) engine.Node.Feed.Ended(state);
        return await ended.WaitAsync(cancellation);
    }

    /// <summary>A job of a cluster may go on at another node, whose events do not come here: then the store is looked at.</summary>
    private async Task<JobState> WhenEndedAnywhere(JobId id, CancellationToken cancellation)
    {
        while (true)
        {
            var ended = engine.Node.Feed.WhenEnded(id);
            if (await engine.Store.FindJob(id) is { Status: var status } && status.IsTerminal() && await Find(id) is { } state) engine.Node.Feed.Ended(state);
            if (await Task.WhenAny(ended, Task.Delay(LookEvery, engine.Time, cancellation)) == ended) return await ended;
            cancellation.ThrowIfCancellationRequested();
        }
    }

    public Task<JobState> Approve(JobId id, string? reason) => Send(id, now => new JobCommand.Approve(Application, reason, now));

    public Task<JobState> Reject(JobId id, string? reason) => Send(id, now => new JobCommand.Reject(Application, reason, now));

    public Task<JobState> Amend(JobId id, object? input, string? reason) => Send(id, now => new JobCommand.Amend(StepJson.WriteInput(input), Application, reason, now));

    public Task<JobState> Pause(JobId id, string? reason) => Send(id, now => new JobCommand.Pause(Application, reason, now));

    public Task<JobState> Resume(JobId id, string? reason) => Send(id, now => new JobCommand.Resume(Application, reason, now));

    public Task<JobState> Cancel(JobId id, string? reason) => Send(id, now => new JobCommand.Cancel(Application, reason, now));

    public Task<JobState> Recover(JobId id, string fromStep, string? reason) => Send(id, now => new JobCommand.Recover(fromStep, Application, reason, now));

    public Task<JobState> ChangePriority(JobId id, int priority, string? reason) => Send(id, now => new JobCommand.ChangePriority(priority, Application, reason, now));

    public IDispatcherClient ForTenant(string other) => new DispatcherClient(engine, other);

    private async Task<JobState> Send(JobId id, Func<DateTimeOffset, JobCommand> order) =>
        await engine.Gateway.Send(id, order(engine.Gateway.Now), new CommandGuard(tenant, ExpectedVersion: null)) is var reply && reply is CommandReply.Done done
            ? done.State
            : throw Fault(reply);

    private static Exception Fault(CommandReply reply) => reply switch
    {
        CommandReply.Refused refused => new DispatcherRefusedException(refused.Rejection.Code, refused.Rejection.Message),
        CommandReply.Accepted accepted => new DispatcherAcceptedException(accepted.JobId),
        CommandReply.Unavailable unavailable => new DispatcherUnavailableException(unavailable.Cause) { IsDiskFull = unavailable.IsDiskFull },
        _ => new UnreachableException(),
    };
}
