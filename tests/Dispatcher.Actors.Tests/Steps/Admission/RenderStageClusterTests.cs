using Dispatcher.Actors.Tests.Kernel;
using Dispatcher.Jobs;
using Dispatcher.Steps.Admission;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>A stage of a node in a cluster, whose answers the test gives.</summary>
public sealed class RenderStageClusterTests : IAdmissionListener
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<AdmissionTicket> _told = [];
    private int _asked;

    [Fact]
    public void AStage_AsksOnceAndStartsWithinItsPlaces_WhenManyWait()
    {
        var stage = Stage(new StageLimits { MaxConcurrency = 4 });
        var tickets = Try(stage, 6);
        Assert.Equal((1, 0), (_asked, _told.Count));

        var request = stage.NextPlaces(TimeSpan.FromSeconds(5))!;
        Assert.Equal((0, 1), (request.Running, request.Keep + 1));
        Assert.Equal(4, request.Need);
        stage.TakePlaces(new PlacesHeld(3, 3, OthersShort: true));

        Assert.Equal(tickets[..3], _told);
        Assert.Equal(3, stage.Statistics.WaitingForCap);
        stage.Release(tickets[0]);
        Assert.Equal(4, _told.Count);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public void AStart_ThatFindsAPlace_CostsNoRequest()
    {
        var stage = Stage(new StageLimits { MaxConcurrency = 4 });
        var first = Try(stage, 1)[0];
        stage.NextPlaces(TimeSpan.FromSeconds(5));
        stage.TakePlaces(new PlacesHeld(4, 4, OthersShort: false));
        stage.Release(first);

        for (var i = 0; i < 100; i++)
        {
            var ticket = Ticket();
            Assert.True(stage.TryAdmit(ticket));
            stage.Release(ticket);
        }

        Assert.Equal(1, _asked);
    }

    [Fact]
    public void AStageWithoutLimits_AsksNothing()
    {
        var stage = Stage(StageLimits.Default);

        Assert.True(stage.TryAdmit(Ticket()));
        stage.LookAgain(isShort: true);

        Assert.Equal(0, _asked);
    }

    [Fact]
    public void Explain_TellsOfPlacesInTheCluster()
    {
        var stage = Stage(new StageLimits { MaxConcurrency = 4 });
        var wait = stage.Explain(Try(stage, 2)[1])!;

        Assert.Equal((AdmissionReason.Cap, 2, null), (wait.Reason, wait.Position, wait.EstimatedStart));
        Assert.Equal("Stage 's' runs at most 4 steps in the cluster; this node has 0 of the places and runs 0 steps; this step is number 2 in line.", wait.Sentence);
    }

    [Fact]
    public void WorkThatIsTakenOver_IsCountedAboveThePlaces_AndNothingStartsMeanwhile()
    {
        var stage = Stage(new StageLimits { MaxConcurrency = 1 });
        var outside = Ticket();
        stage.Occupy(outside);
        Assert.Equal(1, _asked);
        Assert.Equal((1, 0), (stage.NextPlaces(TimeSpan.FromSeconds(5))!.Running, stage.Statistics.Waiting));
        stage.TakePlaces(new PlacesHeld(1, 1, OthersShort: false));

        var next = Try(stage, 1);
        Assert.Empty(_told);
        stage.Release(outside);

        Assert.Equal(next, _told);
    }

    [Fact]
    public void PacedStarts_ComeAtTheirSlots()
    {
        var stage = Stage(new StageLimits { StartDelay = TimeSpan.FromMilliseconds(100) });
        var tickets = Try(stage, 3);
        Assert.Equal(1, _asked);
        Assert.Null(stage.NextPlaces(TimeSpan.FromSeconds(5)));
        Assert.Equal((3, TimeSpan.FromMilliseconds(100), TimeSpan.Zero), Parts(stage.NextSlots()!));

        stage.TakeSlots([TimeSpan.FromMilliseconds(30), TimeSpan.FromMilliseconds(130)]);
        Assert.Empty(_told);
        Assert.Equal(AdmissionReason.Stagger, stage.Explain(tickets[0])!.Reason);
        _time.Advance(TimeSpan.FromMilliseconds(30));
        Assert.Equal(tickets[..1], _told);
        _time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal(tickets[..2], _told);
        Assert.Equal(2, _asked);
        stage.NextPlaces(TimeSpan.FromSeconds(5));
        Assert.Equal(1, stage.NextSlots()!.Count);
    }

    [Fact]
    public void ASlot_ThatWasMissed_IsNotUsed()
    {
        var stage = Stage(new StageLimits { StartDelay = TimeSpan.FromMilliseconds(100), MaxConcurrency = 1 });
        var tickets = Try(stage, 2);
        stage.NextPlaces(TimeSpan.FromSeconds(5));
        stage.TakePlaces(new PlacesHeld(1, 1, OthersShort: false));
        stage.NextSlots();
        stage.TakeSlots([TimeSpan.Zero, TimeSpan.FromMilliseconds(100)]);
        Assert.Equal(tickets[..1], _told);

        _time.Advance(TimeSpan.FromMilliseconds(100) + StartSlots.Tolerance + TimeSpan.FromMilliseconds(1));
        stage.Release(tickets[0]);

        Assert.Equal(tickets[..1], _told);
        stage.NextPlaces(TimeSpan.FromSeconds(5));
        Assert.NotNull(stage.NextSlots());
    }

    [Fact]
    public void ASlot_MayBeUsedALittleLate()
    {
        var stage = Stage(new StageLimits { StartDelay = TimeSpan.FromMilliseconds(100), MaxConcurrency = 1 });
        var tickets = Try(stage, 2);
        stage.NextPlaces(TimeSpan.FromSeconds(5));
        stage.TakePlaces(new PlacesHeld(1, 1, OthersShort: false));
        stage.NextSlots();
        stage.TakeSlots([TimeSpan.Zero, TimeSpan.FromMilliseconds(100)]);

        _time.Advance(TimeSpan.FromMilliseconds(100) + StartSlots.Tolerance);
        stage.Release(tickets[0]);

        Assert.Equal(tickets, _told);
    }

    [Fact]
    public void SlotsThatCouldNotBeHad_AreAskedForAgain_WithTheNextView()
    {
        var stage = Stage(new StageLimits { RatePerSecond = 2, RateBurst = 3 });
        Try(stage, 1);
        stage.NextPlaces(TimeSpan.FromSeconds(5));
        Assert.Equal((1, TimeSpan.Zero, TimeSpan.FromMilliseconds(500)), Parts(stage.NextSlots()!));
        stage.TakeSlots(null);
        Assert.Equal(1, _asked);

        stage.LookAgain(isShort: false);

        Assert.Equal(2, _asked);
        Assert.Equal(3, stage.NextSlots()!.Burst);
    }

    void IAdmissionListener.Admitted(AdmissionTicket ticket) => _told.Add(ticket);

    private static (int, TimeSpan, TimeSpan) Parts(SlotsRequest request) => (request.Count, request.StartDelay, request.TokenInterval);

    private RenderStage Stage(StageLimits limits) => new("s", limits, _time, onListenerError: null, _ => _asked++);

    private AdmissionTicket Ticket() => new("s", "t", JobId.Parse("019c0000-0000-7000-8000-000000000001"), new StepKey("a"), 0, this);

    private AdmissionTicket[] Try(RenderStage stage, int count)
    {
        var tickets = Enumerable.Range(0, count).Select(_ => Ticket()).ToArray();
        foreach (var ticket in tickets) Assert.False(stage.TryAdmit(ticket));
        return tickets;
    }
}
