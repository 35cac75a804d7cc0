using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Stats;

namespace Dispatcher.Web.Tests.Stats;

public sealed class RecentRatesTests
{
    private readonly SecondsProvider _time = new();

    [Fact]
    public void Rates_ForgetWhatIsOlderThanAMinute_AndKeepTenantsApart()
    {
        var rates = new RecentRates(_time);
        _time.Second = 1_000;
        rates.Committed([Append("acme", "job.created", "step.queued", "step.started"), Append("other", "job.created")]);
        _time.Second = 1_030;
        rates.Committed([Append("acme", "job.created", "job.completed"), Append("acme", "job.rejected")]);

        Assert.Equal(new RatesView(2, 1, 0, 1), rates.Of("acme"));
        Assert.Equal(new RatesView(1, 0, 0, 0), rates.Of("other"));
        _time.Second = 1_061;
        Assert.Equal(new RatesView(1, 1, 0, 1), rates.Of("acme"));
        _time.Second = 1_091;
        Assert.Equal(new RatesView(0, 0, 0, 0), rates.Of("acme"));
        Assert.Equal(new RatesView(0, 0, 0, 0), rates.Of("nobody"));
    }

    [Fact]
    public void Rates_CountASecondAnew_WhenItsSlotComesRoundAgain()
    {
        var rates = new RecentRates(_time);
        for (_time.Second = 0; _time.Second < 500; _time.Second++) rates.Committed([Append("acme", "job.created")]);
        _time.Second--;

        Assert.Equal(61, rates.Of("acme").Created);
    }

    private static CommittedAppend Append(string tenant, params string[] types) => new(
        JobId.Create(DateTimeOffset.UnixEpoch, new byte[JobId.RandomBytes]), new JobAddress(tenant, "w", null), 1, 1, [.. types.Select(type => new EncodedEvent(type, DateTimeOffset.UnixEpoch, "{}"u8.ToArray()))]);

    private sealed class SecondsProvider : TimeProvider
    {
        public long Second { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Second;
    }
}
