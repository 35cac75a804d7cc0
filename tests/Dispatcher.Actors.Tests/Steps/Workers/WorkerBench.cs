using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Steps.Workers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Steps.Workers;

/// <summary>The queues of a node without the node: attempts are made by hand, time moves when told, and everything runs on the test's thread.</summary>
internal sealed class WorkerBench : IDisposable
{
    private readonly SimulatedScheduler _scheduler = new(new Random(1));
    private readonly ActorSystem _system;
    private readonly WorkerHandler _handler = new();

    public WorkerBench(int pollLimit = 1_000)
    {
        _system = new ActorSystem(_scheduler, Time, NullLogger.Instance);
        Queues = _handler.Begin(_system, pollLimit);
        Settle();
    }

    public ManualTimeProvider Time { get; } = new();

    public WorkerQueues Queues { get; }

    public int Timers => _system.Timers.Count;

    public void Dispose() => _system.Dispose();

    public Attempt Offer(string queue, int priority = 0, string tenant = "default", string heartbeat = "30s", StepLease? held = null, Func<string, ValueTask<long>>? record = null, int job = 0, int attempt = 1)
    {
        var with = JsonSerializer.SerializeToElement(new { queue, heartbeat, input = new { n = 1 } });
        var made = new Attempt(with, tenant, priority, held, record, Time) { JobId = SimulatedIds.Job(job == 0 ? ++_jobs : job), Attempt = attempt };
        _scheduler.Within(() => made.Ended = _handler.Run(made).AsTask());
        Settle();
        return made;
    }

    public Poll Ask(string queues, string worker = "w1", int max = 1, int waitSeconds = 60, string tenant = "default", bool drain = false)
    {
        var poll = new Poll();
        var request = new LeaseRequest(tenant, [.. queues.Split(',')], worker, max, TimeSpan.FromSeconds(waitSeconds), drain);
        _scheduler.Within(() => poll.Answer = Queues.Lease(request, poll.Gone.Token));
        Settle();
        return poll;
    }

    /// <summary>The task that a worker takes at once.</summary>
    public WorkerLease Take(string queue, string worker = "w1") => Assert.Single(Ask(queue, worker, waitSeconds: 0).Leases);

    public void Do(Action work)
    {
        _scheduler.Within(work);
        Settle();
    }

    public Said Complete(WorkerLease lease, object? output = null, string tenant = "default") =>
        Say(tenant, lease.Key, new WorkerAnswer.Completed(output is null ? null : JsonSerializer.SerializeToElement(output), []));

    public Said Fail(WorkerLease lease, string message) => Say("default", lease.Key, new WorkerAnswer.Failed(Failure.Of(ErrorClass.Transient, message)));

    public Said Say(string tenant, LeaseKey key, WorkerAnswer answer)
    {
        Task<AnswerFate> fate = null!;
        Do(() => fate = Queues.Take(tenant, key, answer));
        return new Said(fate);
    }

    /// <summary>The job of this lease commits events, as its actor tells the queues.</summary>
    public void Commit(WorkerLease lease, JobStatus status, params JobEvent[] events) =>
        Do(() => Queues.Committed(new JobState { Id = lease.Key.JobId, Status = status }, events));

    public JobEvent.StepCompleted Completed(WorkerLease lease) => new(lease.Key.Step.Id, lease.Key.Step.Item, lease.Key.Attempt, null, null, Time.GetUtcNow());

    public void Advance(TimeSpan duration)
    {
        var end = Time.GetUtcNow() + duration;
        while (Time.NextTimer is { } next && next <= end)
        {
            Time.Advance(next > Time.GetUtcNow() ? next - Time.GetUtcNow() : TimeSpan.Zero);
            Settle();
        }

        Time.Advance(end - Time.GetUtcNow());
        Settle();
    }

    public void Settle()
    {
        while (_scheduler.HasWork) _scheduler.RunOne();
    }

    private int _jobs;

    /// <summary>A worker that asks.</summary>
    internal sealed class Poll
    {
        public Task<ImmutableArray<WorkerLease>> Answer { get; set; } = null!;

        public CancellationTokenSource Gone { get; } = new();

        public bool Waits => !Answer.IsCompleted;

        public ImmutableArray<WorkerLease> Leases => Answer.GetAwaiter().GetResult();
    }

    /// <summary>An answer that a worker gave.</summary>
    internal sealed class Said(Task<AnswerFate> fate)
    {
        /// <summary>Null while it is on its way into the journal.</summary>
        public AnswerFate? Fate => fate.IsCompleted ? fate.Result : null;
    }

    /// <summary>An attempt as its job's actor would run it; leases are numbered from 11 on unless the test says otherwise.</summary>
    internal sealed class Attempt : StepContext
    {
        private readonly Func<string, ValueTask<long>>? _record;
        private long _token = 10;

        [SetsRequiredMembers]
        public Attempt(JsonElement with, string tenant, int priority, StepLease? held, Func<string, ValueTask<long>>? record, TimeProvider time)
        {
            (Tenant, WorkflowName, Step, Attempt, With, Checkpoint) = (tenant, "test", new StepKey("a"), 1, with, null);
            (Time, Logger, Cancellation, Epoch, Priority, Lease) = (time, NullLogger.Instance, Stopping.Token, 1, priority, held);
            _record = record;
        }

        public Task<StepResult> Ended { get; set; } = null!;

        /// <summary>How the handler ended it.</summary>
        public StepResult.Completed Result => Assert.IsType<StepResult.Completed>(Ended.Result);

        public Failure Failure => Assert.IsType<StepFailedException>(Ended.Exception!.InnerException).Failure;

        public CancellationTokenSource Stopping { get; } = new();

        public List<string> LeasedTo { get; } = [];

        public override ArtifactFolder Artifacts => throw new InvalidOperationException();

        public override void Heartbeat()
        {
        }

        public override void Progress(double percent, string? message = null)
        {
        }

        public override ValueTask SaveCheckpoint(JsonElement checkpoint) => ValueTask.CompletedTask;

        public override ValueTask<long> RecordLease(string worker)
        {
            LeasedTo.Add(worker);
            return _record?.Invoke(worker) ?? ValueTask.FromResult(++_token);
        }
    }
}
