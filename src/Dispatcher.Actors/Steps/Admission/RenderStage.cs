using Dispatcher.Kernel;

namespace Dispatcher.Steps.Admission;

/// <summary>
/// The admission of one stage on one node: every start of a step that names the stage passes here. In a cluster the node has a part of the stage's cap
/// (<see cref="PlaceShare"/>) and reserves its starts (<see cref="StartSlots"/>). Safe to call from any thread; time comes from the given clock.
/// </summary>
/// <remarks>
/// What holds whenever the lock is free:
/// <list type="number">
/// <item>No start is admitted above the cap, above its tenant's cap, above the rate, or closer than the delay to the one before.</item>
/// <item>No ready ticket waits while the caps and the time allow it to start, but for the lateness of a timer; a call that comes
/// earlier than the late timer admits those who waited before it admits its own.</item>
/// <item>At most one timer is armed: for the earliest instant of the next start, and only if time alone holds it back.</item>
/// </list>
/// The path of a start that need not wait is one short lock: no timer, no allocation, and a look at the clock only where time matters.
/// </remarks>
public sealed partial class RenderStage : IDisposable
{
    // A look at the clock costs as much as the rest of an admission, and the mean of a busy stage is as good from a sample. Those that
    // had to wait are all measured: it is in stages with a line that somebody asks for an estimate.
    private const int HoldTimeSample = 16;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _frequency;
    private readonly WaitingLine _line = new();
    private readonly TenantAccounts _tenants = new();
    private readonly AdmissionNotices _notices;
    private StageLimits _limits;
    private StartPace _pace;
    private MeanHoldTime _meanHold;
    private AdmissionTimer _timer;
    private int _running;
    private long _admittedTotal;
    private long _admittedAfterWaitTotal;
    private bool _closed;

    /// <param name="name">The stage's name, as steps write it.</param>
    /// <param name="limits">Changed later by <see cref="UpdateLimits"/>.</param>
    /// <param name="time">The clock of the node.</param>
    /// <param name="onListenerError">Gets what a listener threw; the stage goes on. Without it such an exception is dropped.</param>
    /// <param name="exchange">
    /// Is called when the stage has something to ask of the cluster; it then calls <see cref="NextPlaces"/> and <see cref="NextSlots"/> soon. Called
    /// under the stage's lock, so it may only post. Null: the node is alone, and the limits are its own.
    /// </param>
    public RenderStage(
        string name, StageLimits limits, TimeProvider time, Action<AdmissionTicket, Exception>? onListenerError = null, Action<RenderStage>? exchange = null)
    {
        (Name, _limits, _time, _frequency) = (name, limits, time, time.TimestampFrequency);
        _pace = new StartPace(limits, _frequency);
        _notices = new AdmissionNotices(_gate, onListenerError);
        if (exchange is not null) _cluster = new StageInCluster(exchange, _frequency);
        _timer = new AdmissionTimer(time, static stage => ((RenderStage)stage!).WakeUp(), this);
    }

    public string Name { get; }

    public StageLimits Limits => Volatile.Read(ref _limits);

    /// <summary>
    /// True: admitted at once, and no callback will come. False: the ticket waits, and its listener is told when it is admitted. A ticket
    /// never passes one that waits and could start itself.
    /// </summary>
    public bool TryAdmit(AdmissionTicket ticket)
    {
        Check.That(string.Equals(ticket.Stage, Name, StringComparison.Ordinal));
        bool admitted;
        AdmissionTicket? notice;
        lock (_gate)
        {
            Check.That(ticket.State == AdmissionState.Idle);
            var account = ticket.Account = _tenants.Of(ticket.Tenant);
            if (_line.ReadyCount == 0 && !account.IsAside && HasPlace)
            {
                var measures = _meanHold.Value is null || _admittedTotal % HoldTimeSample == 0;
                var now = measures || !_pace.IsFree ? _time.GetTimestamp() : 0;
                if (_pace.IsFree || EarliestStart(now) <= now)
                {
                    Admit(ticket, now, measures);
                    return true;
                }
            }

            ticket.State = AdmissionState.Waiting;
            _line.Add(ticket);
            AdmitReady(caller: ticket);
            admitted = ticket.State == AdmissionState.Admitted;
            notice = _notices.TakeFirst();
        }

        _notices.Tell(notice);
        return admitted;
    }

    /// <summary>
    /// Takes a place for an attempt that runs already, whatever the limits say; it must be released like any other. Nothing is started, so neither
    /// delay nor rate counts it.
    /// </summary>
    public void Occupy(AdmissionTicket ticket)
    {
        Check.That(string.Equals(ticket.Stage, Name, StringComparison.Ordinal));
        lock (_gate)
        {
            Check.That(ticket.State == AdmissionState.Idle);
            var account = ticket.Account = _tenants.Of(ticket.Tenant);
            ticket.State = AdmissionState.Admitted;
            _running++;
            account.Running++;
            if (IsAtCap(account)) _line.SetAside(account, aside: true);
            if (!HasPlace || _line.ReadyCount == 0) _timer.Disarm();
            AskIfDue();
        }
    }

    /// <summary>
    /// The start ended: frees its place for whoever is next. Harmless when repeated. A ticket that was not admitted is withdrawn, so that
    /// whoever ends an attempt need not know how far it came.
    /// </summary>
    public void Release(AdmissionTicket ticket)
    {
        Check.That(string.Equals(ticket.Stage, Name, StringComparison.Ordinal));
        AdmissionTicket? notice;
        lock (_gate)
        {
            if (ticket.State != AdmissionState.Admitted)
            {
                EndUnadmitted(ticket);
                return;
            }

            FreePlace(ticket);
            if (_line.Count == 0)
            {
                AskIfDue();
                return;
            }

            AdmitReady(caller: null);
            notice = _notices.TakeFirst();
        }

        _notices.Tell(notice);
    }

    /// <summary>
    /// Stops waiting (a cancelled or paused job). False if the ticket was already admitted: then it holds a place, and the caller must
    /// release it. True in any other state, and when repeated.
    /// </summary>
    public bool Withdraw(AdmissionTicket ticket)
    {
        Check.That(string.Equals(ticket.Stage, Name, StringComparison.Ordinal));
        lock (_gate)
        {
            if (ticket.State == AdmissionState.Admitted) return false;
            EndUnadmitted(ticket);
            return true;
        }
    }

    /// <summary>Changes the priority, -100..100. A ticket that waits goes to the end of its job's line at the new priority.</summary>
    public void Reprioritise(AdmissionTicket ticket, int priority)
    {
        AdmissionTicket.CheckPriority(priority);
        lock (_gate)
        {
            if (ticket.Priority == priority) return;
            var waits = ticket.State == AdmissionState.Waiting;
            if (waits) _line.Remove(ticket);
            ticket.Priority = priority;
            if (waits) _line.Add(ticket);
        }
    }

    /// <summary>
    /// New limits, at once. Steps that run go on, even if they are more than the new cap. A delay or rate where there was neither
    /// counts from the next start: a stage without them does not look at the clock.
    /// </summary>
    public void UpdateLimits(StageLimits limits)
    {
        AdmissionTicket? notice;
        lock (_gate)
        {
            Volatile.Write(ref _limits, limits);
            _pace.Change(limits, _frequency);
            foreach (var account in _tenants.All) _line.SetAside(account, IsAtCap(account));
            AdmitReady(caller: null);
            notice = _notices.TakeFirst();
        }

        _notices.Tell(notice);
    }

    /// <summary>The node stands down: nothing is admitted any more, no timer stays armed. What waits may still be withdrawn.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _timer.Dispose();
        }
    }

    private bool HasPlace => _running < Places && !_closed;

    private void WakeUp()
    {
        AdmissionTicket? notice;
        lock (_gate)
        {
            _timer.Fired();
            AdmitReady(caller: null);
            notice = _notices.TakeFirst();
        }

        _notices.Tell(notice);
    }

    /// <summary>Admits from the line whoever may start now, and sees to the timer. The caller's own ticket needs no notice.</summary>
    private void AdmitReady(AdmissionTicket? caller)
    {
        while (_line.ReadyCount > 0 && HasPlace)
        {
            var now = _time.GetTimestamp();
            var earliest = _pace.IsFree ? now : EarliestStart(now);
            if (earliest == StartSlots.Unknown) break;
            if (earliest > now)
            {
                _timer.Arm(earliest, now);
                AskIfDue();
                return;
            }

            var ticket = _line.TakeNext();
            Admit(ticket, now, measures: true);
            if (ReferenceEquals(ticket, caller)) continue;
            _admittedAfterWaitTotal++;
            _notices.Add(ticket);
        }

        _timer.Disarm();
        AskIfDue();
    }

    private void Admit(AdmissionTicket ticket, long now, bool measures)
    {
        ticket.State = AdmissionState.Admitted;
        ticket.AdmittedAt = measures ? now : AdmissionTicket.NotMeasured;
        if (!_pace.IsFree) Start(now);
        _running++;
        _admittedTotal++;
        var account = ticket.Account!;
        account.Running++;
        if (IsAtCap(account)) _line.SetAside(account, aside: true);
    }

    private void FreePlace(AdmissionTicket ticket)
    {
        ticket.State = AdmissionState.Done;
        if (ticket.AdmittedAt != AdmissionTicket.NotMeasured) _meanHold.Add(_time.GetTimestamp() - ticket.AdmittedAt);
        _running--;
        var account = ticket.Account!;
        account.Running--;
        Check.That(_running >= 0 && account.Running >= 0);
        if (account.IsAside && !IsAtCap(account)) _line.SetAside(account, aside: false);
    }

    private void EndUnadmitted(AdmissionTicket ticket)
    {
        if (ticket.State == AdmissionState.Waiting)
        {
            _line.Remove(ticket);
            if (_line.ReadyCount == 0) _timer.Disarm();
        }

        ticket.State = AdmissionState.Done;
    }

    private bool IsAtCap(TenantAccount account) =>
        _limits.PerTenantMaxConcurrency > 0 && account.Running >= _limits.PerTenantMaxConcurrency;
}
