using Dispatcher.Steps.Admission;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Steps.Admission;

/// <summary>What a node asks of the cluster, and what it may use meanwhile.</summary>
public sealed class PlaceShareTests
{
    private const int Cap = 4;

    private readonly PlaceShare _share = new(idleLimit: 100);

    [Fact]
    public void ANode_AsksForAllThatWaits_InOneRequest()
    {
        Assert.True(_share.IsDue(running: 0, need: 3));

        var request = Ask(running: 0, need: 3);

        Assert.Equal((1L, 0, 0, 3, Cap), (request.Number, request.Keep, request.Running, request.Need, request.Cap));
        Assert.Equal(0, _share.Usable(0));
        Assert.False(_share.IsDue(running: 0, need: 4));
        _share.Take(new PlacesHeld(4, 4, OthersShort: false));
        Assert.Equal(4, _share.Usable(0));
        Assert.False(_share.IsDue(running: 0, need: 4));
    }

    [Fact]
    public void ANode_ThatGotTooFew_AsksAgainOnlyWhenItIsToldTo()
    {
        Got(held: 1, fair: 1, othersShort: false, running: 0, need: 3);
        Assert.False(_share.IsDue(running: 1, need: 4));

        _share.LookAgain(isShort: true, need: 4, now: 0);

        Assert.True(_share.IsDue(running: 1, need: 4));
        Assert.Equal(2, Ask(running: 1, need: 4).Number);
    }

    [Fact]
    public void ANode_WithoutAnAnswer_UsesWhatItHadAndAsksAgainLater()
    {
        Got(held: 2, fair: 2, othersShort: false, running: 0, need: 2);
        Ask(running: 2, need: 4);

        _share.Take(null);

        Assert.Equal(2, _share.Usable(2));
        Assert.False(_share.IsDue(running: 2, need: 4));
        _share.LookAgain(isShort: false, need: 4, now: 0);
        Assert.Equal(2, Ask(running: 2, need: 4).Keep);
    }

    [Fact]
    public void PlacesAboveTheFairPart_AreGivenBackAsStepsEnd_WhileOthersNeedSome()
    {
        Got(held: 4, fair: 2, othersShort: true, running: 4, need: 4);
        Assert.Equal(4, _share.Usable(4));
        Assert.False(_share.IsDue(running: 4, need: 4));

        Assert.Equal(3, _share.Usable(3));
        Assert.True(_share.IsDue(running: 3, need: 4));
        Assert.Equal(3, Ask(running: 3, need: 4).Keep);

        Assert.Equal(3, _share.Held);
        _share.Take(new PlacesHeld(3, 2, OthersShort: true));
        Assert.Equal(2, _share.Usable(0));
    }

    [Fact]
    public void Places_AreKept_WhenNobodyNeedsThemAnyMore()
    {
        Got(held: 4, fair: 2, othersShort: true, running: 4, need: 4);

        _share.LookAgain(isShort: false, need: 4, now: 0);

        Assert.Equal(4, _share.Usable(3));
        Assert.False(_share.IsDue(running: 3, need: 4));
    }

    [Fact]
    public void AHolder_TellsTheStoreHowItStands_WhenAnotherNodeIsShort()
    {
        Got(held: 4, fair: 4, othersShort: false, running: 2, need: 2);

        _share.LookAgain(isShort: true, need: 2, now: 0);

        Assert.True(_share.IsDue(running: 2, need: 2));
    }

    [Fact]
    public void AnIdleNode_GivesAllBack_AfterAWhile()
    {
        Got(held: 4, fair: 4, othersShort: false, running: 0, need: 1);
        _share.LookAgain(isShort: false, need: 0, now: 1000);
        _share.LookAgain(isShort: false, need: 0, now: 1099);
        Assert.False(_share.IsDue(running: 0, need: 0));

        _share.LookAgain(isShort: false, need: 0, now: 1100);

        Assert.True(_share.IsDue(running: 0, need: 0));
        Assert.Equal(0, Ask(running: 0, need: 0).Keep);
        Assert.Equal(0, _share.Usable(0));
    }

    [Fact]
    public void ANode_IsNotIdle_WhenItWorkedMeanwhile()
    {
        Got(held: 4, fair: 4, othersShort: false, running: 0, need: 1);
        _share.LookAgain(isShort: false, need: 0, now: 1000);
        _share.LookAgain(isShort: false, need: 1, now: 1050);

        _share.LookAgain(isShort: false, need: 0, now: 1100);

        Assert.False(_share.IsDue(running: 0, need: 0));
    }

    [Fact]
    public void WorkThatWasTakenOver_IsToldAtOnce()
    {
        Assert.True(_share.IsDue(running: 2, need: 2));

        var request = Ask(running: 2, need: 2);

        Assert.Equal((0, 2), (request.Keep, request.Running));
    }

    private PlacesRequest Ask(int running, int need)
    {
        Assert.True(_share.IsDue(running, need));
        return _share.Next("s", TimeSpan.FromSeconds(5), Cap, running, need);
    }

    private void Got(int held, int fair, bool othersShort, int running, int need)
    {
        Ask(running, need);
        _share.Take(new PlacesHeld(held, fair, othersShort));
    }
}
