using Dispatcher.Store;

namespace Dispatcher.Steps.Admission;

/// <summary>
/// A node's part of a stage's cap in its cluster: what it may use now, and what it asks for next. Pure: counts and instants are handed in.
/// </summary>
/// <remarks>
/// What holds between calls:
/// <list type="number">
/// <item><see cref="Held"/> is never more than the store has for this node: lowered before the store is told, raised after it has answered.</item>
/// <item>One request is under way at most, so none of them can be told a state that another one has changed meanwhile.</item>
/// <item>A node that got less than it needs, or no answer, asks again only when it is told to look again: never once per start.</item>
/// </list>
/// </remarks>
/// <param name="idleLimit">A node without steps in the stage gives its places back after this, in clock units.</param>
internal sealed class PlaceShare(long idleLimit)
{
    private const long NotIdle = long.MinValue;

    private long _number;
    private int _fair;
    private int _needAsked;
    private bool _isUnderWay;
    private bool _isDue;
    private bool _isShort;
    private bool _othersShort;
    private bool _hasFailed;
    private long _idleSince = NotIdle;
    private bool _isIdle;

    /// <summary>Places of the stage that are this node's.</summary>
    public int Held { get; private set; }

    /// <summary>Places that may be used: fewer than are held while others need those above this node's fair part.</summary>
    public int Usable(int running) => _othersShort ? Math.Min(Held, Math.Max(_fair, running)) : Held;

    /// <summary>Whether there is something to ask or to tell now.</summary>
    /// <param name="need">Steps that run or could.</param>
    public bool IsDue(int running, int need)
    {
        if (_isUnderWay) return false;
        return _isDue || (!_hasFailed && (running > Held || Usable(running) < Held || (need > Held && !_isShort)));
    }

    /// <summary>The request that is due; what it gives back may not be used from now on.</summary>
    public PlacesRequest Next(string stage, TimeSpan lasts, int cap, int running, int need)
    {
        Held = _isIdle && need == 0 ? 0 : Usable(running);
        (_isUnderWay, _isDue, _isIdle, _idleSince, _needAsked) = (true, false, false, NotIdle, need);
        return new PlacesRequest { Stage = stage, Number = ++_number, Lasts = lasts, Cap = cap, Keep = Held, Running = running, Need = need };
    }

    /// <param name="answer">Null when the request did not count, or when it is not known whether it did.</param>
    public void Take(PlacesHeld? answer)
    {
        _isUnderWay = false;
        _hasFailed = answer is null;
        if (answer is null) return;
        (Held, _fair, _othersShort) = (answer.Held, answer.Fair, answer.OthersShort);
        _isShort = Held < _needAsked;
    }

    /// <summary>The cluster may have changed: with each view of it, and when another node says so.</summary>
    /// <param name="isShort">Whether some node, perhaps this one, needs more places than it holds.</param>
    public void LookAgain(bool isShort, int need, long now)
    {
        if (!isShort) _othersShort = false;
        if (need > 0 || Held == 0) _idleSince = NotIdle;
        else if (_idleSince == NotIdle) _idleSince = now;
        else _isIdle = now - _idleSince >= idleLimit;
        _isDue |= _isShort || _hasFailed || _isIdle || (isShort && Held > 0);
        _hasFailed = false;
    }
}
