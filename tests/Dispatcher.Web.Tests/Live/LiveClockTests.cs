using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Web.Live;

namespace Dispatcher.Web.Tests.Live;

public sealed class LiveClockTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Beat_ComesEvery15Seconds_AndNotForAllAtOnce()
    {
        using var clock = new LiveClock(_time);
        var beats = new int[30];
        var connections = beats.Select((_, i) => clock.Watch(() => beats[i]++, () => Assert.Fail("Nobody writes."))).ToList();
        var most = 0;
        for (var second = 0; second < 30; second++)
        {
            var before = beats.Sum();
            _time.Advance(TimeSpan.FromSeconds(1));
            most = Math.Max(most, beats.Sum() - before);
        }

        Assert.All(beats, count => Assert.Equal(2, count));
        Assert.Equal(2, most);
        foreach (var connection in connections) connection.Dispose();
    }

    [Fact]
    public void Timer_RunsOnlyWhileThereAreConnections()
    {
        using var clock = new LiveClock(_time);
        Assert.Equal(0, _time.ArmedTimers);
        using (clock.Watch(() => { }, () => { }))
        using (clock.Watch(() => { }, () => { })) Assert.Equal(1, _time.ArmedTimers);
        Assert.Equal(0, _time.ArmedTimers);
        using (clock.Watch(() => { }, () => { })) Assert.Equal(1, _time.ArmedTimers);
    }

    [Fact]
    public async Task Connection_IsCut_WhenOneWriteTakesMoreThan30Seconds()
    {
        using var clock = new LiveClock(_time);
        var (beats, cuts) = (0, 0);
        using var connection = clock.Watch(() => beats++, () => cuts++);
        var taken = new TaskCompletionSource();
        var write = connection.Write(async () => await taken.Task);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((0, 0), (beats, cuts));

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((0, 1), (beats, cuts));
        taken.SetResult();
        await write;
    }

    [Fact]
    public async Task Connection_IsNotCut_WhenItsWritesEnd()
    {
        using var clock = new LiveClock(_time);
        using var connection = clock.Watch(() => { }, () => Assert.Fail("It reads, if slowly."));
        for (var i = 0; i < 10; i++)
        {
            var taken = new TaskCompletionSource();
            var write = connection.Write(async () => await taken.Task);
            _time.Advance(TimeSpan.FromSeconds(29));
            taken.SetResult();
            await write;
        }
    }
}
