using Dispatcher.Kernel;

namespace Dispatcher.Actors.Tests.Kernel;

/// <summary>The clock that the nodes of a cluster have in common.</summary>
public sealed class SharedClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _own = new();
    private readonly SharedClock _clock;

    public SharedClockTests() => _clock = new SharedClock(_own, new ClockReading(Noon, _own.GetTimestamp()));

    [Fact]
    public void Clock_GoesOnFromItsReading_WhateverTheOwnClockShows()
    {
        _own.Advance(TimeSpan.FromSeconds(5));
        _own.SetWallClock(_own.GetUtcNow() + TimeSpan.FromHours(1));

        Assert.Equal(Noon.AddSeconds(5), _clock.GetUtcNow());
    }

    [Theory]
    [InlineData(40, 0)]
    [InlineData(-40, 0)]
    [InlineData(60, 60)]
    [InlineData(-3_600_000, -3_600_000)]
    public void Clock_IsCorrected_ByMoreThanReadingsDiffer(int byMs, int correctedMs)
    {
        _own.Advance(TimeSpan.FromSeconds(10));

        _clock.Take(new ClockReading(Noon.AddSeconds(10).AddMilliseconds(byMs), _own.GetTimestamp()));

        Assert.Equal(Noon.AddSeconds(10).AddMilliseconds(correctedMs), _clock.GetUtcNow());
    }

    [Fact]
    public void Reading_IsTakenHalfWay()
    {
        var askedAt = _own.GetTimestamp();
        _own.Advance(TimeSpan.FromMilliseconds(30));

        var reading = ClockReading.Between(_own, askedAt, _own.GetTimestamp(), Noon);

        Assert.Equal((Noon.AddMilliseconds(15), _own.GetTimestamp()), (reading.Now, reading.Timestamp));
    }
}
