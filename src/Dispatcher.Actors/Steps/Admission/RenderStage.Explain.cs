using System.Globalization;

namespace Dispatcher.Steps.Admission;

/// <summary>What a stage can say of itself: why a ticket waits, and how many do.</summary>
public sealed partial class RenderStage
{
    /// <summary>Why the ticket waits; null if it does not. Costs O(what waits), so it is for people who ask, not for each start.</summary>
    public AdmissionWait? Explain(AdmissionTicket ticket)
    {
        lock (_gate)
        {
            if (ticket.State != AdmissionState.Waiting) return null;
            var reason = ReasonFor(ticket.Account!);
            var position = _line.PositionOf(ticket);
            return new AdmissionWait(
                reason, Sentence(reason, ticket, position), position, _running, _limits.MaxConcurrency, EstimateStart(ticket, position));
        }
    }

    /// <summary>The counts of this instant.</summary>
    public StageStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                var reason = ReasonForReady();
                int Ready(AdmissionReason asked) => reason == asked ? _line.ReadyCount : 0;
                return new StageStatistics(
                    Name,
                    _running,
                    _line.Count,
                    _admittedTotal,
                    _admittedAfterWaitTotal,
                    Ready(AdmissionReason.Cap),
                    Ready(AdmissionReason.Stagger),
                    Ready(AdmissionReason.Rate),
                    _line.AsideCount);
            }
        }
    }

    /// <summary>What one tenant has in the stage now; null if it has nothing there.</summary>
    public TenantStageStatistics? StatisticsOf(string tenant)
    {
        lock (_gate)
        {
            return _tenants.Find(tenant) is { IsIdle: false } account ? new TenantStageStatistics(Name, account.Running, account.Waiting, ReasonFor(account)) : null;
        }
    }

    /// <summary>What a step that came now could expect, by what this node has seen: for planning, and no promise.</summary>
    /// <param name="unseenHold">How long a place is taken to be held while none has been given back yet.</param>
    public StageForecast Forecast(TimeSpan unseenHold)
    {
        lock (_gate)
        {
            var position = _line.Count + 1;
            var hold = _meanHold.Value ?? ClockUnits.Of(unseenHold, _frequency);
            return new StageForecast(UntilStart(position, ReleasesNeeded(position), hold) ?? TimeSpan.Zero, ClockUnits.ToTimeSpan(Units(hold), _frequency));
        }
    }

    private AdmissionReason ReasonFor(TenantAccount account) => account.IsAside ? AdmissionReason.TenantCap : ReasonForReady();

    // A closed stage admits nothing, as if it had no place left.
    private AdmissionReason ReasonForReady() => HasPlace ? _pace.Reason : AdmissionReason.Cap;

    private DateTimeOffset? EstimateStart(AdmissionTicket ticket, int position)
    {
        var releases = ticket.Account!.IsAside ? (double)WaitingLine.PositionInTenant(ticket) / _limits.PerTenantMaxConcurrency : ReleasesNeeded(position);
        if (UntilStart(position, releases, _meanHold.Value) is not { } wait) return null;
        var today = _time.GetUtcNow();
        return wait < DateTimeOffset.MaxValue - today ? today + wait : null;
    }

    /// <summary>How long the n-th in line waits; null if that is not known.</summary>
    /// <param name="releases">Hold times until enough places are free, if any must come free.</param>
    /// <param name="hold">How long a place is held, in clock units; null while nobody knows.</param>
    private TimeSpan? UntilStart(int position, double? releases, double? hold)
    {
        // How soon a place comes here from another node is not known here.
        if (_closed || Places == 0) return null;
        var now = _time.GetTimestamp();
        var start = _pace.IsFree ? now : _pace.NthStart(now, position);
        if (_cluster?.Slots.First is { } slot) start = Math.Max(start, slot);
        if (releases is { } count)
        {
            if (hold is not { } each) return null;
            start = Math.Max(start, now + Units(count * each));
        }

        return ClockUnits.ToTimeSpan(start - now, _frequency);
    }

    /// <summary>Hold times until enough places are free for the n-th in line, if any must come free: they do so evenly over a hold time.</summary>
    private double? ReleasesNeeded(int position)
    {
        var missing = position - Math.Max(0, Places - _running);
        return missing > 0 ? (double)missing / Places : null;
    }

    private static long Units(double units) => (long)Math.Min(ClockUnits.Longest, units);

    private string Sentence(AdmissionReason reason, AdmissionTicket ticket, int position)
    {
        var why = reason switch
        {
            AdmissionReason.TenantCap => Text(
                $"Tenant '{ticket.Tenant}' runs {ticket.Account!.Running} of its {_limits.PerTenantMaxConcurrency} places in '{Name}'"),
            AdmissionReason.Cap when _closed => Text($"Stage '{Name}' admits no more steps: its node stands down"),
            AdmissionReason.Cap when IsShared => Text(
                $"Stage '{Name}' runs at most {_limits.MaxConcurrency} steps in the cluster; this node has {Places} of the places and runs {_running} steps"),
            AdmissionReason.Cap => Text($"Stage '{Name}' runs {_running} of at most {_limits.MaxConcurrency} steps"),
            AdmissionReason.Rate => Text($"Stage '{Name}' starts at most {_limits.RatePerSecond:0.######} steps a second"),
            _ => Text($"Stage '{Name}' waits {_limits.StartDelay.TotalMilliseconds:0.###} ms between two starts"),
        };
        return Text($"{why}; this step is number {position} in line.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
