using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;

namespace Dispatcher.Actors.Tests.Steps.Admission;

public sealed class AdmissionPointTests : IAdmissionListener
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<AdmissionTicket> _told = [];
    private int _cap = 1;

    void IAdmissionListener.Admitted(AdmissionTicket ticket) => _told.Add(ticket);

    [Fact]
    public void Point_HoldsUpNoOtherStage_WhenOneIsFull()
    {
        using var point = NewPoint();
        var (first, second) = (Ticket("render"), Ticket("render"));

        Assert.True(point.TryAdmit(first));
        Assert.False(point.TryAdmit(second));
        Assert.True(point.TryAdmit(Ticket("probe")));
        Assert.Equal(AdmissionReason.Cap, point.Explain(second)!.Reason);
        Assert.Equal([("probe", 1, 0), ("render", 1, 1)], point.Statistics.Select(stage => (stage.Stage, stage.Running, stage.Waiting)));

        point.Release(first);
        Assert.Equal([second], _told);
        Assert.False(point.Withdraw(second));
    }

    [Fact]
    public void StageOf_GivesTheSameStage_WhenAskedAgain()
    {
        using var point = NewPoint();

        Assert.Same(point.StageOf("render"), point.StageOf("render"));
    }

    [Fact]
    public void StageOf_RefusesAStageTooMany_AndStillKnowsTheOthers()
    {
        using var point = NewPoint();
        for (var i = 0; i < AdmissionPoint.StageLimit; i++) point.StageOf($"stage-{i}");

        var error = Assert.Throws<TooManyStagesException>(() => point.StageOf("one-more"));

        Assert.Contains("one-more", error.Message, StringComparison.Ordinal);
        Assert.Equal("stage-5", point.StageOf("stage-5").Name);
        Assert.Equal(AdmissionPoint.StageLimit, point.Stages.Length);
    }

    [Fact]
    public void RefreshLimits_AdmitsWhoeverNowMay()
    {
        using var point = NewPoint();
        point.TryAdmit(Ticket("render"));
        var waiting = Ticket("render");
        point.TryAdmit(waiting);

        _cap = 2;
        point.RefreshLimits();

        Assert.Equal([waiting], _told);
    }

    [Fact]
    public void Dispose_AdmitsNobodyAnyMore_InOldStagesAndNew()
    {
        var point = NewPoint();
        var first = Ticket("render");
        point.TryAdmit(first);
        point.TryAdmit(Ticket("render"));

        point.Dispose();
        point.Release(first);

        Assert.Empty(_told);
        Assert.False(point.TryAdmit(Ticket("new")));
    }

    [Fact]
    public void Limits_AreRefused_WhenTheyMakeNoSense()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new StageLimits { MaxConcurrency = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StageLimits { StartDelay = TimeSpan.FromTicks(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StageLimits { RatePerSecond = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StageLimits { RateBurst = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StageLimits { PerTenantMaxConcurrency = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Ticket("render", 101));
    }

    private AdmissionPoint NewPoint() => new(_ => new StageLimits { MaxConcurrency = _cap }, _time);

    private AdmissionTicket Ticket(string stage, int priority = 0) => new(stage, "tenant", default, new StepKey("step"), priority, this);
}
