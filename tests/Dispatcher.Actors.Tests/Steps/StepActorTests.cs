using System.Text.Json;
using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Steps;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Steps;

public sealed class StepActorTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly SimulatedScheduler _scheduler = new(new Random(1));
    private readonly ActorSystem _system;
    private readonly StepServices _services = new(new NoArtifacts(), NullLogger.Instance) { AbandonAfter = TimeSpan.FromSeconds(10) };
    private readonly List<object> _told = [];
    private readonly ActorCell _job;
    private TimeSpan _toldAt;
    private int _releases;
    private int _runningWhenReleased;

    public StepActorTests()
    {
        _system = new ActorSystem(_scheduler, _time, NullLogger.Instance);
        _job = _system.Spawn(() => new Recorder(message =>
        {
            _told.Add(message);
            _toldAt = _time.Elapsed;
        }));
    }

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Run_TellsTheResult_AndGivesThePlaceBack()
    {
        Start(_ => ValueTask.FromResult<StepResult>(StepResult.Completed.Empty));
        RunUntilQuiet();
        var ended = Assert.IsType<StepEnded>(Assert.Single(_told));
        Assert.Equal((new StepKey("a"), 2), (ended.Step, ended.Attempt));
        Assert.IsType<StepOutcome.Succeeded>(ended.Outcome);
        Assert.Equal((1, 0, 1L), (_releases, _services.Running, _services.BodiesEnded));
    }

    [Fact]
    public void Run_CountsAsRunning_UntilItsEndIsInTheJobsMailbox()
    {
        Start(_ => ValueTask.FromResult<StepResult>(StepResult.Completed.Empty));
        Assert.Equal(1, _services.Running);
        Assert.False(_services.WhenIdle().IsCompleted);
        RunUntilQuiet();
        Assert.Equal((1, 0), (_runningWhenReleased, _services.Running));
        Assert.True(_services.WhenIdle().IsCompleted);
    }

    [Fact]
    public void Run_FailsTheAttemptAsTransient_WhenTheHandlerThrows()
    {
        Start(_ => throw new IOException("disk gone"));
        RunUntilQuiet();
        Assert.Equal(new Failure(ErrorClass.Transient, "IOException: disk gone"), FailureOf(Assert.Single(_told)));
    }

    [Fact]
    public void Run_KeepsTheHandlersOwnClass_WhenItNamesOne()
    {
        Start(_ => throw new StepFailedException(ErrorClass.Permanent, "no", "NO"));
        RunUntilQuiet();
        Assert.Equal(new Failure(ErrorClass.Permanent, "no", "NO"), FailureOf(Assert.Single(_told)));
    }

    [Fact]
    public void Run_FailsAsInvalidInput_WhenAnArtifactPathIsRefused()
    {
        Start(_ => throw new ArtifactPathException("'..' leaves the job's folder."));
        RunUntilQuiet();
        Assert.Equal(ErrorClass.InvalidInput, FailureOf(Assert.Single(_told)).Class);
    }

    [Fact]
    public void Timeout_CancelsTheHandler()
    {
        Start(context => Sleep(context), timeout: TimeSpan.FromSeconds(5));
        RunToTheEnd();
        Assert.Equal((ErrorClass.Timeout, "TIMEOUT"), (FailureOf(Assert.Single(_told)).Class, FailureOf(_told[0]).Code));
        Assert.Equal(TimeSpan.FromSeconds(5), _toldAt);
    }

    [Fact]
    public void Timeout_AbandonsAHandlerThatIgnoresIt_AndRefusesItsLateResult()
    {
        var late = new TaskCompletionSource<StepResult>();
        Start(_ => new ValueTask<StepResult>(late.Task), timeout: TimeSpan.FromSeconds(5));
        RunToTheEnd();
        Assert.Equal(ErrorClass.Timeout, FailureOf(Assert.Single(_told)).Class);
        Assert.Equal((TimeSpan.FromSeconds(15), 1L, 1), (_toldAt, _services.Abandoned, _releases));
        _scheduler.Within(() => late.SetResult(StepResult.Completed.Empty));
        RunUntilQuiet();
        Assert.Single(_told);
    }

    [Fact]
    public void Heartbeat_KeepsTheAttemptAlive_UntilItStops()
    {
        Start(async context =>
        {
            for (var i = 0; i < 5; i++)
            {
                context.Heartbeat();
                await Task.Delay(TimeSpan.FromSeconds(2), context.Time, context.Cancellation);
            }

            return await Sleep(context);
        }, heartbeatTimeout: TimeSpan.FromSeconds(3));
        RunToTheEnd();
        Assert.Equal("HEARTBEAT_LOST", FailureOf(Assert.Single(_told)).Code);
        Assert.Equal(TimeSpan.FromSeconds(11), _toldAt);
    }

    [Theory]
    [InlineData(-1.0)]
    [InlineData(1.0)]
    public void HeartbeatAndTimeout_AreNotMovedByTheClock_WhenItJumps(double hours)
    {
        Start(
            async context =>
            {
                for (var i = 0; i < 5; i++)
                {
                    context.Heartbeat();
                    _time.SetWallClock(_time.GetUtcNow() + TimeSpan.FromHours(hours));
                    await Task.Delay(TimeSpan.FromSeconds(2), context.Time, context.Cancellation);
                }

                while (true)
                {
                    context.Heartbeat();
                    await Task.Delay(TimeSpan.FromSeconds(1), context.Time, context.Cancellation);
                }
            },
            timeout: TimeSpan.FromSeconds(20),
            heartbeatTimeout: TimeSpan.FromSeconds(3));
        RunToTheEnd();
        Assert.Equal("TIMEOUT", FailureOf(Assert.Single(_told)).Code);
        Assert.Equal(TimeSpan.FromSeconds(20), _toldAt);
    }

    [Fact]
    public void Shutdown_ReleasesTheAttempt_ButKeepsAResultThatCameInTime()
    {
        var cell = Start(context => Sleep(context));
        RunUntilQuiet();
        cell.Tell(StopReason.Shutdown);
        RunUntilQuiet();
        Assert.IsType<StepOutcome.Released>(Assert.IsType<StepEnded>(Assert.Single(_told)).Outcome);

        _told.Clear();
        var stubborn = Start(async context =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), context.Time, CancellationToken.None);
            return StepResult.Completed.Empty;
        });
        RunUntilQuiet();
        stubborn.Tell(StopReason.Shutdown);
        RunToTheEnd();
        Assert.IsType<StepOutcome.Succeeded>(Assert.IsType<StepEnded>(Assert.Single(_told)).Outcome);
    }

    [Fact]
    public void Detached_EndsAnExternalAttempt_WithoutAnOutcome_ButKeepsWhatTheHandlerSaid()
    {
        var cell = Start(context => Sleep(context), isExternal: true);
        RunUntilQuiet();
        Assert.Equal((0, 1), (_services.Running, _services.External));
        cell.Tell(StopReason.Detached);
        RunUntilQuiet();
        Assert.IsType<StepOutcome.Detached>(Assert.IsType<StepEnded>(Assert.Single(_told)).Outcome);
        Assert.Equal((1, 0), (_releases, _services.External));

        _told.Clear();
        var failing = Start(async context =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), context.Time, CancellationToken.None);
            throw new StepFailedException(ErrorClass.WorkerLost, "gone");
        }, isExternal: true);
        RunUntilQuiet();
        failing.Tell(StopReason.Detached);
        RunToTheEnd();
        Assert.Equal(ErrorClass.WorkerLost, FailureOf(Assert.Single(_told)).Class);
    }

    [Fact]
    public void RecordLease_GivesTheToken_WhenTheJobSaysSo()
    {
        long token = 0;
        Start(async context =>
        {
            token = await context.RecordLease("w1");
            return StepResult.Completed.Empty;
        }, isExternal: true);
        RunUntilQuiet();
        var request = Assert.IsType<LeaseRequested>(Assert.Single(_told));
        Assert.Equal((new StepKey("a"), 2, "w1", 0L), (request.Step, request.Attempt, request.Worker, token));
        _scheduler.Within(() => request.Leased.SetResult(17));
        RunUntilQuiet();
        Assert.Equal(17, token);
    }

    [Fact]
    public void SaveCheckpoint_CompletesOnlyWhenTheJobSaysSo()
    {
        var saved = false;
        Start(async context =>
        {
            await context.SaveCheckpoint(JsonSerializer.SerializeToElement(3));
            saved = true;
            return StepResult.Completed.Empty;
        });
        RunUntilQuiet();
        var request = Assert.IsType<CheckpointRequested>(Assert.Single(_told));
        Assert.False(saved);
        _scheduler.Within(request.Saved.SetResult);
        RunUntilQuiet();
        Assert.True(saved);
    }

    [Fact]
    public void SaveCheckpoint_FailsTheAttempt_WhenItIsTooLarge()
    {
        Start(async context =>
        {
            await context.SaveCheckpoint(JsonSerializer.SerializeToElement(new string('x', 70_000)));
            return StepResult.Completed.Empty;
        });
        RunUntilQuiet();
        Assert.Equal("CHECKPOINT_TOO_LARGE", FailureOf(Assert.Single(_told)).Code);
    }

    [Fact]
    public void Progress_IsToldAtMostTenTimesASecond()
    {
        Start(async context =>
        {
            for (var i = 0; i < 100; i++)
            {
                context.Progress(i);
                await Task.Delay(TimeSpan.FromMilliseconds(10), context.Time, context.Cancellation);
            }

            return StepResult.Completed.Empty;
        });
        RunToTheEnd();
        Assert.InRange(_told.OfType<StepProgressed>().Count(), 9, 11);
    }

    private static async ValueTask<StepResult> Sleep(StepContext context)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, context.Time, context.Cancellation);
        return StepResult.Completed.Empty;
    }

    private static Failure FailureOf(object told) => Assert.IsType<StepOutcome.Failed>(Assert.IsType<StepEnded>(told).Outcome).Failure;

    private ActorCell Start(Func<StepContext, ValueTask<StepResult>> run, TimeSpan? timeout = null, TimeSpan? heartbeatTimeout = null, bool isExternal = false)
    {
        var assignment = new StepAssignment
        {
            JobId = SimulatedIds.Job(1),
            Tenant = "default",
            WorkflowName = "test",
            Step = new StepKey("a"),
            Attempt = 2,
            Epoch = 7,
            Handler = isExternal ? new ScriptedOutside(run) : new Scripted(run),
            Timeout = timeout,
            HeartbeatTimeout = heartbeatTimeout,
            Release = () => (_releases, _runningWhenReleased) = (_releases + 1, _services.Running),
        };
        return StepActor.Spawn(_system, assignment, _job, _services);
    }

    private void RunUntilQuiet()
    {
        while (_scheduler.HasWork) _scheduler.RunOne();
    }

    private void RunToTheEnd()
    {
        do RunUntilQuiet();
        while (_time.AdvanceToNextTimer());
    }

    private sealed class ScriptedOutside(Func<StepContext, ValueTask<StepResult>> run) : IExternalStepHandler
    {
        public string Name => "scripted-outside";

        public JsonSchema? With => null;

        public ValueTask<StepResult> Run(StepContext context) => run(context);
    }

    private sealed class Scripted(Func<StepContext, ValueTask<StepResult>> run) : IStepHandler
    {
        public string Name => "scripted";

        public JsonSchema? With => null;

        public ValueTask<StepResult> Run(StepContext context) => run(context);
    }

    private sealed class Recorder(Action<object> tell) : Actor
    {
        protected internal override ValueTask Receive(object message)
        {
            tell(message);
            return ValueTask.CompletedTask;
        }
    }
}
