using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>Timers that come early or late, as real ones do.</summary>
public sealed class RenderStageTimerTests
{
    private static readonly StageLimits Staggered = new() { StartDelay = TimeSpan.FromSeconds(1) };

    [Fact]
    public void Stage_WaitsAWholeMillisecondMore_WhenTheTimersCutOffFractions()
    {
        var time = new DistortedTimers(due => TimeSpan.FromMilliseconds((long)due.TotalMilliseconds));
        var bench = new AdmissionBench(new StageLimits { StartDelay = TimeSpan.FromMilliseconds(1.5) }, time.Clock, time);
        bench.Try("a/1/0", "a/1/1");

        time.Clock.Advance(TimeSpan.FromMilliseconds(5));

        Assert.Equal([0.002], bench.ToldAtSeconds);
        Assert.Equal(2, time.Armings);
    }

    [Fact]
    public void TryAdmit_AdmitsWhoeverWaitedFirst_WhenTheTimerIsLate()
    {
        var time = new DistortedTimers(due => due * 10);
        var bench = new AdmissionBench(Staggered, time.Clock, time);
        bench.Try("a/1/0");
        var waiting = bench.Try("a/1/1");
        time.Clock.Advance(TimeSpan.FromSeconds(1.5));

        var newcomer = bench.Ticket("b/2/0");

        Assert.False(bench.Stage.TryAdmit(newcomer));
        Assert.Equal([waiting], bench.Told);
        Assert.Equal(ManualTimeProvider.Epoch.AddSeconds(2.5), bench.Stage.Explain(newcomer)!.EstimatedStart);
    }

    [Fact]
    public void TryAdmit_AdmitsAtOnceWithoutACallback_WhenTheTimerIsLateAndThePriorityIsHigher()
    {
        var time = new DistortedTimers(due => due * 10);
        var bench = new AdmissionBench(Staggered, time.Clock, time);
        bench.Try("a/1/0");
        var waiting = bench.Try("a/1/1");
        time.Clock.Advance(TimeSpan.FromSeconds(1.5));

        Assert.True(bench.Stage.TryAdmit(bench.Ticket("b/2/0", 1)));
        Assert.Empty(bench.Told);
        Assert.Equal(AdmissionState.Waiting, waiting.State);
        Assert.Equal(0, bench.Stage.Statistics.AdmittedAfterWaitTotal);
    }

    /// <summary>A clock whose timers do not come when they were asked to.</summary>
    private sealed class DistortedTimers(Func<TimeSpan, TimeSpan> distort) : TimeProvider
    {
        public ManualTimeProvider Clock { get; } = new();

        public int Armings { get; private set; }

        public override long TimestampFrequency => Clock.TimestampFrequency;

        public override long GetTimestamp() => Clock.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => Clock.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(this, Clock.CreateTimer(callback, state, Distorted(dueTime), period));

        private TimeSpan Distorted(TimeSpan dueTime)
        {
            if (dueTime == Timeout.InfiniteTimeSpan) return dueTime;
            Armings++;
            return distort(dueTime);
        }

        private sealed class Timer(DistortedTimers owner, ITimer inner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(owner.Distorted(dueTime), period);

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
