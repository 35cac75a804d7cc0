using Dispatcher.Kernel;

namespace Dispatcher.Actors.Tests.Kernel;

public sealed class SteadyClockTests
{
    private readonly ManualTimeProvider _wall = new();
    private readonly SteadyClock _clock;

    public SteadyClockTests() => _clock = new SteadyClock(_wall);

    [Fact]
    public void Clock_IsTheWallClock_AsLongAsThatGoesForward()
    {
        Assert.Equal(_wall.GetUtcNow(), _clock.GetUtcNow());
        _wall.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(_wall.GetUtcNow(), _clock.GetUtcNow());
        _wall.SetWallClock(_wall.GetUtcNow() + TimeSpan.FromHours(1));
        Assert.Equal(_wall.GetUtcNow(), _clock.GetUtcNow());
    }

    [Fact]
    public void Clock_GoesOn_WhenTheWallClockGoesBackAnHour()
    {
        var before = _clock.GetUtcNow();
        _wall.SetWallClock(before - TimeSpan.FromHours(1));

        Assert.Equal(before, _clock.GetUtcNow());
        for (var second = 1; second <= 10; second++)
        {
            _wall.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(before + TimeSpan.FromSeconds(0.9 * second), _clock.GetUtcNow());
        }
    }

    [Fact]
    public void Clock_MeetsTheWallClockAgain_AndNeverFallsOnTheWay()
    {
        var last = _clock.GetUtcNow();
        _wall.SetWallClock(last - TimeSpan.FromMinutes(1));
        for (var second = 0; second < 601; second++)
        {
            _wall.Advance(TimeSpan.FromSeconds(1));
            var now = _clock.GetUtcNow();
            Assert.True(now >= last);
            last = now;
        }

        Assert.Equal(_wall.GetUtcNow(), last);
    }

    [Fact]
    public void Read_TellsHowFarTheClockIsAheadOfTheWall()
    {
        _clock.Read(out var ahead);
        Assert.Equal(TimeSpan.Zero, ahead);

        _wall.SetWallClock(_wall.GetUtcNow() - TimeSpan.FromHours(1));
        _wall.Advance(TimeSpan.FromMinutes(10));
        var now = _clock.Read(out ahead);

        Assert.Equal(TimeSpan.FromMinutes(59), ahead);
        Assert.Equal(_wall.GetUtcNow() + ahead, now);
    }

    [Theory]
    [InlineData(-1.0, 0.0)]
    [InlineData(1.0, 1.0)]
    [InlineData(24.0, 24.0)]
    [InlineData(25.0, 0.0)]
    public void Clock_GoesOnFromWhatWasRecorded_IfThatIsNotTooFarAhead(double recordedHours, double expectedHours)
    {
        var wall = _wall.GetUtcNow();
        _clock.GoOnFrom(wall + TimeSpan.FromHours(recordedHours));

        Assert.Equal(wall + TimeSpan.FromHours(expectedHours), _clock.GetUtcNow());
    }

    [Fact]
    public void Clock_WaitsASmallCorrectionOut()
    {
        var before = _clock.GetUtcNow();
        _wall.SetWallClock(before - TimeSpan.FromMilliseconds(50));
        _wall.Advance(TimeSpan.FromMilliseconds(30));

        Assert.Equal(before, _clock.GetUtcNow());
        _wall.Advance(TimeSpan.FromMilliseconds(30));
        Assert.Equal(_wall.GetUtcNow(), _clock.GetUtcNow());
    }
}
