using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Kernel;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Kernel;

public sealed class ActorTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly SimulatedScheduler _scheduler = new(new Random(1));
    private readonly ActorSystem _system;
    private readonly List<string> _log = [];

    public ActorTests() => _system = new ActorSystem(_scheduler, _time, NullLogger.Instance);

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Tell_DeliversInOrder_OneAtATime()
    {
        var gate = new TaskCompletionSource();
        var cell = Spawn(async (_, message) =>
        {
            _log.Add($"begin {message}");
            if (message is 1) await gate.Task;
            _log.Add($"end {message}");
        });
        foreach (var message in (int[])[1, 2, 3]) cell.Tell(message);
        RunUntilQuiet();
        Assert.Equal(["begin 1"], _log);
        _scheduler.Within(gate.SetResult);
        RunUntilQuiet();
        Assert.Equal(["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"], _log);
    }

    [Fact]
    public void Tell_IsRefused_AndMailIsADeadLetter_WhenTheActorHasStopped()
    {
        var cell = Spawn((self, message) =>
        {
            if (message is "stop") self.Stop();
            return ValueTask.CompletedTask;
        });
        var letter = new Letter();
        cell.Tell("stop");
        cell.Tell(letter);
        RunUntilQuiet();
        Assert.False(cell.Tell("late"));
        Assert.Equal((1, 1L, 0L), (letter.Undeliveries, _system.DeadLetters, _system.Alive));
    }

    [Fact]
    public void TryPassivate_IsRefused_WhenMailHasCome_SoNothingIsLost()
    {
        ActorCell cell = null!;
        var answers = new List<bool>();
        cell = Spawn((self, message) =>
        {
            _log.Add($"{message}");
            if (message is "first") self.Tell("second");
            answers.Add(self.TryPassivate());
            return ValueTask.CompletedTask;
        });
        cell.Tell("first");
        RunUntilQuiet();
        Assert.Equal(["first", "second"], _log);
        Assert.Equal([false, true], answers);
        Assert.False(cell.Tell("third"));
    }

    [Fact]
    public void AFailingActor_IsRestartedWithGrowingDelays_UntilItsBudgetIsSpent()
    {
        var supervision = new Supervision(3, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        var starts = new List<double>();
        var cell = _system.Spawn(
            () =>
            {
                starts.Add(_time.Elapsed.TotalSeconds);
                return new Scripted((_, _) => throw new InvalidOperationException("broken"));
            },
            supervision);
        for (var i = 0; i < 5; i++) cell.Tell(i);
        RunToTheEnd();
        Assert.Equal([0, 1, 3, 6], starts);
        Assert.False(cell.Tell("late"));
        Assert.Equal(1, _system.DeadLetters);
    }

    [Fact]
    public void AFailingActor_IsRestartedRarely_WhenItMustNotBeGivenUp()
    {
        var supervision = new Supervision(1, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), WhenSpent: TimeSpan.FromSeconds(30));
        var starts = new List<double>();
        var cell = _system.Spawn(
            () =>
            {
                starts.Add(_time.Elapsed.TotalSeconds);
                return new Scripted((_, message) => message is "end" ? Log(message) : throw new InvalidOperationException("broken"));
            },
            supervision);
        foreach (var message in (string[])["a", "b", "c", "end"]) cell.Tell(message);
        RunToTheEnd();
        Assert.Equal([0, 1, 31, 61], starts);
        Assert.Equal(["end"], _log);
    }

    [Fact]
    public void AFailure_TellsTheGiverOfItsMessage_AndKeepsTheRestOfTheMail()
    {
        var cell = Spawn((_, message) => message is Letter ? throw new InvalidOperationException("broken") : Log(message));
        var letter = new Letter();
        cell.Tell(letter);
        cell.Tell("next");
        RunToTheEnd();
        Assert.Equal(1, letter.Undeliveries);
        Assert.Equal(["next"], _log);
    }

    [Fact]
    public void Timers_FireInTheirOrder_AndNotWhenCancelled()
    {
        var cell = Spawn((_, message) => Log($"{_time.Elapsed.TotalSeconds} {message}"));
        var start = _time.GetUtcNow();
        _system.Timers.Schedule(start.AddSeconds(3), cell, "c");
        _system.Timers.Schedule(start.AddSeconds(1), cell, "a");
        var cancelled = _system.Timers.Schedule(start.AddSeconds(2), cell, "b");
        cancelled.Dispose();
        cancelled.Dispose();
        Assert.Equal(2, _system.Timers.Count);
        RunToTheEnd();
        Assert.Equal(["1 a", "3 c"], _log);
        Assert.Equal(0, _system.Timers.Count);
    }

    [Fact]
    public void Timers_ForgetCancelledOnes_WhenTheyAreMany()
    {
        var cell = Spawn((_, message) => Log(message));
        var far = _time.GetUtcNow().AddDays(1);
        for (var i = 0; i < 100_000; i++) _system.Timers.Schedule(far, cell, "never").Dispose();
        _system.Timers.Schedule(far, cell, "once");
        RunToTheEnd();
        Assert.Equal(["once"], _log);
    }

    [Fact]
    public void AnIdleActor_CostsAtMostFiveHundredBytes()
    {
        const int Actors = 20_000;
        var cells = new ActorCell[Actors];
        RunUntilQuiet();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Actors; i++) cells[i] = _system.Create(() => new Idle());
        var made = GC.GetAllocatedBytesForCurrentThread() - before;
        foreach (var cell in cells) cell.Start();
        RunUntilQuiet();
        // Everything that making it allocates is an upper bound of what it keeps; its actor is one small object more.
        Assert.InRange(made / Actors, 1, 500 - 32);
        Assert.Equal(Actors, _system.Alive);
        GC.KeepAlive(cells);
    }

    private ActorCell Spawn(Func<ActorCell, object, ValueTask> receive) => _system.Spawn(() => new Scripted(receive));

    private ValueTask Log(object message)
    {
        _log.Add($"{message}");
        return ValueTask.CompletedTask;
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

    private sealed class Scripted(Func<ActorCell, object, ValueTask> receive) : Actor
    {
        protected internal override ValueTask Receive(object message) => receive(Self, message);
    }

    private sealed class Idle : Actor
    {
        protected internal override ValueTask Receive(object message) => ValueTask.CompletedTask;
    }

    private sealed class Letter : IDeadLetter
    {
        public int Undeliveries { get; private set; }

        public void Undelivered() => Undeliveries++;
    }
}
