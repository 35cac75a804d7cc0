using Dispatcher.Feed.Callbacks;

namespace Dispatcher.Actors.Tests.Feed.Callbacks;

public sealed class RetryScheduleTests
{
    private static readonly DateTimeOffset Created = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 30)]
    [InlineData(3, 120)]
    [InlineData(4, 600)]
    [InlineData(5, 1800)]
    [InlineData(6, 3600)]
    [InlineData(7, 7200)]
    [InlineData(8, 14_400)]
    [InlineData(9, 28_800)]
    [InlineData(10, 28_800)]
    public void Next_WaitsLongerEachTime_WithATenthOfJitter(int attempts, double seconds)
    {
        var waits = Enumerable.Range(1, 200).Select(id => (RetrySchedule.Next(id, attempts, Created, Created)!.Value - Created).TotalSeconds).ToList();
        Assert.All(waits, wait => Assert.InRange(wait, seconds * 0.9, seconds * 1.1));
        Assert.True(waits.Max() - waits.Min() > seconds * 0.15, "the jitter spreads what failed together");
        Assert.Equal(waits, Enumerable.Range(1, 200).Select(id => (RetrySchedule.Next(id, attempts, Created, Created)!.Value - Created).TotalSeconds));
    }

    [Fact]
    public void Next_EndsADayAfterTheEvent_WithOneLastAttemptThen()
    {
        for (var id = 1L; id <= 100; id++)
        {
            var times = new List<DateTimeOffset> { Created };
            while (RetrySchedule.Next(id, times.Count, Created, times[^1]) is { } next) times.Add(next);
            Assert.Equal(Created.AddHours(24), times[^1]);
            Assert.InRange(times.Count, 11, 12);
        }
    }

    [Theory]
    [InlineData(20, 20)]
    [InlineData(1, 5)]
    [InlineData(-30, 5)]
    [InlineData(86_400, 3600)]
    public void Next_HonoursWhatTheReceiverAsks_WithinBounds(double asked, double waitedSeconds)
    {
        var next = RetrySchedule.Next(1, 1, Created, Created, TimeSpan.FromSeconds(asked))!.Value;
        Assert.InRange((next - Created).TotalSeconds, waitedSeconds * 0.9, waitedSeconds * 1.1);
    }
}
