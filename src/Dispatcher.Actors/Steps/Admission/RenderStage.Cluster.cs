using Dispatcher.Store;

namespace Dispatcher.Steps.Admission;

/// <summary>The stage's part in its cluster: how many of its places are this node's, when it may start, and what it asks.</summary>
public sealed partial class RenderStage
{
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(10);

    private readonly StageInCluster? _cluster;

    private bool IsShared => _cluster is not null && _limits.IsSharedCap;

    private int Places => IsShared ? Math.Min(_limits.MaxConcurrency, _cluster!.Places.Usable(_running)) : _limits.MaxConcurrency;

    private int RunningShared => IsShared ? _running : 0;

    private int NeedShared => IsShared ? Math.Max(_running, (int)Math.Min(_limits.MaxConcurrency, (long)_running + _line.ReadyCount)) : 0;

    /// <summary>What to ask for now; null if nothing is due any more.</summary>
    /// <param name="lasts">How long after a sign of life of the node its steps may still run.</param>
    internal PlacesRequest? NextPlaces(TimeSpan lasts)
    {
        lock (_gate)
        {
            _cluster!.IsAsked = false;
            if (_closed || !_cluster.Places.IsDue(RunningShared, NeedShared)) return null;
            return _cluster.Places.Next(Name, lasts, _limits.MaxConcurrency, RunningShared, NeedShared);
        }
    }

    /// <inheritdoc cref="PlaceShare.Take"/>
    internal void TakePlaces(PlacesHeld? answer)
    {
        AdmissionTicket? notice;
        lock (_gate)
        {
            _cluster!.Places.Take(answer);
            AdmitReady(caller: null);
            notice = _notices.TakeFirst();
        }

        _notices.Tell(notice);
    }

    /// <summary>The slots to reserve now; null if none are wanted any more.</summary>
    internal SlotsRequest? NextSlots()
    {
        lock (_gate)
        {
            if (!WantsSlots) return null;
            _cluster!.Slots.Asked();
            var count = Math.Min(StartSlots.RequestLimit, Math.Min(_line.ReadyCount, Places - _running));
            return new SlotsRequest(Name, count, _limits.StartDelay, _limits.TokenInterval, _limits.RateBurst, StartSlots.Ahead);
        }
    }

    /// <inheritdoc cref="StartSlots.Take"/>
    internal void TakeSlots(IReadOnlyList<TimeSpan>? slots)
    {
        AdmissionTicket? notice;
        lock (_gate)
        {
            _cluster!.Slots.Take(slots, _time.GetTimestamp());
            AdmitReady(caller: null);
            notice = _notices.TakeFirst();
        }

        _notices.Tell(notice);
    }

    /// <inheritdoc cref="PlaceShare.LookAgain"/>
    internal void LookAgain(bool isShort)
    {
        if (_cluster is null) return;
        lock (_gate)
        {
            _cluster.Places.LookAgain(isShort, NeedShared, _time.GetTimestamp());
            _cluster.Slots.LookAgain();
            AskIfDue();
        }
    }

    private bool WantsSlots => _cluster!.Slots.IsDue && !_pace.IsFree && _line.ReadyCount > 0 && HasPlace;

    /// <summary>By this node's own starts, or in a cluster by the slot that it has reserved.</summary>
    private long EarliestStart(long now) => _cluster is null ? _pace.EarliestStart : _cluster.Slots.EarliestStart(now);

    private void Start(long now)
    {
        _pace.Start(now);
        _cluster?.Slots.Use();
    }

    /// <summary>Needs the lock.</summary>
    private void AskIfDue()
    {
        if (_cluster is not { IsAsked: false } || _closed) return;
        if (!_cluster.Places.IsDue(RunningShared, NeedShared) && !WantsSlots) return;
        _cluster.IsAsked = true;
        _cluster.Exchange(this);
    }

    /// <summary>What a stage has beside itself when it is one of several.</summary>
    private sealed class StageInCluster(Action<RenderStage> exchange, long frequency)
    {
        public Action<RenderStage> Exchange { get; } = exchange;

        public PlaceShare Places { get; } = new(ClockUnits.Of(IdleLimit, frequency));

        public StartSlots Slots { get; } = new(frequency);

        /// <summary>The exchange was called and has not looked yet.</summary>
        public bool IsAsked { get; set; }
    }
}
