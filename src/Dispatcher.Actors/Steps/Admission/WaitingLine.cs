using System.Numerics;
using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Steps.Admission;

/// <summary>
/// The order among waiting tickets, and nothing else: no clock, no lock, no cap. Priority first; then tenants in turn; then the jobs
/// of a tenant in turn, so that a fan-out of 10,000 items does not starve a small job; then first come, first served.
/// </summary>
/// <remarks>
/// Turns, not "who runs least": turns need no book-keeping beyond a ring, cannot starve anybody however long steps take, and let a
/// position be computed from counts alone. What holds between calls:
/// <list type="number">
/// <item>Every line in a ring has a ticket; no line is in two rings.</item>
/// <item>A tenant's lines are all in rings of those aside, or all in rings of those ready, as its account says.</item>
/// <item><see cref="Count"/> is <see cref="ReadyCount"/> plus <see cref="AsideCount"/>.</item>
/// </list>
/// Every operation costs O(1) but <see cref="PositionOf"/>, and setting a tenant aside: O(its priorities), at most 201.
/// </remarks>
internal sealed class WaitingLine
{
    private readonly PriorityLevel?[] _levels = new PriorityLevel?[2 * JobLimits.PriorityMagnitude + 1];
    private readonly ulong[] _readyLevels = new ulong[2 * JobLimits.PriorityMagnitude / 64 + 1];
    private readonly Dictionary<(TenantLine Tenant, JobId Job), JobLine> _jobs = [];

    public int Count => ReadyCount + AsideCount;

    /// <summary>Tickets of tenants that may start more steps.</summary>
    public int ReadyCount { get; private set; }

    /// <summary>Tickets of tenants at their own cap.</summary>
    public int AsideCount { get; private set; }

    /// <summary>Puts a ticket with its account at the end of its job's line.</summary>
    public void Add(AdmissionTicket ticket)
    {
        var tenant = LineOf(ticket.Account!, ticket.Priority);
        if (!_jobs.TryGetValue((tenant, ticket.Job), out var job))
        {
            job = new JobLine(tenant, ticket.Job);
            _jobs.Add((tenant, ticket.Job), job);
            tenant.Jobs.AddLast(job.Place);
        }

        ticket.Line = job;
        ticket.Place ??= new LinkedListNode<AdmissionTicket>(ticket);
        job.Tickets.AddLast(ticket.Place);
        if (tenant.Count == 0) RingOf(tenant).Lines.AddLast(tenant.Place);
        CountTicket(tenant, 1);
    }

    /// <summary>Takes out a ticket wherever it stands; nobody's turn changes.</summary>
    public void Remove(AdmissionTicket ticket)
    {
        var job = ticket.Line;
        Check.That(job is not null);
        job.Tickets.Remove(ticket.Place!);
        ticket.Line = null;
        if (job.Tickets.Count == 0)
        {
            job.Tenant.Jobs.Remove(job.Place);
            _jobs.Remove((job.Tenant, job.Job));
        }

        CountTicket(job.Tenant, -1);
        if (job.Tenant.Count == 0) RingOf(job.Tenant).Lines.Remove(job.Tenant.Place);
    }

    /// <summary>Takes out the ticket whose turn it is among those ready, and moves its job and its tenant behind their peers.</summary>
    public AdmissionTicket TakeNext()
    {
        Check.That(ReadyCount > 0);
        var tenants = _levels[HighestReadyLevel()]!.Ready.Lines;
        var tenant = tenants.First!.Value;
        var job = tenant.Jobs.First!.Value;
        var ticket = job.Tickets.First!.Value;
        Remove(ticket);
        if (job.Tickets.Count > 0) MoveBehindPeers(tenant.Jobs, job.Place);
        if (tenant.Count > 0) MoveBehindPeers(tenants, tenant.Place);
        return ticket;
    }

    /// <summary>Sets a tenant's tickets aside, or lets them take part again, behind the other tenants.</summary>
    public void SetAside(TenantAccount account, bool aside)
    {
        if (account.IsAside == aside) return;
        foreach (var line in account.Lines)
        {
            if (line.Count > 0) Leave(line);
        }

        account.IsAside = aside;
        foreach (var line in account.Lines)
        {
            if (line.Count > 0) Enter(line);
        }
    }

    /// <summary>
    /// From 1: how many <see cref="TakeNext"/> calls away the ticket is. Those set aside come behind all that are ready, in the order in
    /// which they would follow. With turns, whoever stands before me takes as many turns as I do, and whoever stands behind me one less.
    /// </summary>
    public int PositionOf(AdmissionTicket ticket)
    {
        var tenant = ticket.Line!.Tenant;
        var position = TurnAmongPeers(tenant.Place, TurnInTenant(ticket), line => line.Count);

        var aside = tenant.Account.IsAside;
        for (var level = LevelOf(tenant.Priority) + 1; level < _levels.Length; level++)
        {
            if (_levels[level] is { } higher) position += higher.RingOf(aside).Count;
        }

        return aside ? position + ReadyCount : position;
    }

    /// <summary>From 1: the ticket's turn among all those of its own tenant.</summary>
    public static int PositionInTenant(AdmissionTicket ticket)
    {
        var tenant = ticket.Line!.Tenant;
        return tenant.Account.Lines.Where(line => line.Priority > tenant.Priority).Sum(line => line.Count) + TurnInTenant(ticket);
    }

    private static int TurnInTenant(AdmissionTicket ticket)
    {
        var turnInJob = 1;
        for (var place = ticket.Place!.Previous; place is not null; place = place.Previous) turnInJob++;
        return TurnAmongPeers(ticket.Line!.Place, turnInJob, line => line.Tickets.Count);
    }

    private static int TurnAmongPeers<TLine>(LinkedListNode<TLine> mine, int turn, Func<TLine, int> countOf)
    {
        var position = turn;
        for (var peer = mine.Previous; peer is not null; peer = peer.Previous) position += Math.Min(turn, countOf(peer.Value));
        for (var peer = mine.Next; peer is not null; peer = peer.Next) position += Math.Min(turn - 1, countOf(peer.Value));
        return position;
    }

    private static void MoveBehindPeers<TLine>(LinkedList<TLine> ring, LinkedListNode<TLine> place)
    {
        ring.Remove(place);
        ring.AddLast(place);
    }

    private TenantLine LineOf(TenantAccount account, int priority)
    {
        foreach (var line in account.Lines)
        {
            if (line.Priority == priority) return line;
        }

        var added = new TenantLine(account, priority, _levels[LevelOf(priority)] ??= new PriorityLevel());
        account.Lines.Add(added);
        return added;
    }

    private void Leave(TenantLine line)
    {
        RingOf(line).Lines.Remove(line.Place);
        CountInRing(line, -line.Count);
    }

    private void Enter(TenantLine line)
    {
        RingOf(line).Lines.AddLast(line.Place);
        CountInRing(line, line.Count);
    }

    private void CountTicket(TenantLine line, int difference)
    {
        line.Count += difference;
        line.Account.Waiting += difference;
        CountInRing(line, difference);
    }

    private void CountInRing(TenantLine line, int difference)
    {
        var ring = RingOf(line);
        ring.Count += difference;
        if (line.Account.IsAside)
        {
            AsideCount += difference;
            return;
        }

        ReadyCount += difference;
        var (word, bit) = Math.DivRem(LevelOf(line.Priority), 64);
        if (ring.Count > 0) _readyLevels[word] |= 1UL << bit;
        else _readyLevels[word] &= ~(1UL << bit);
    }

    private int HighestReadyLevel()
    {
        var word = _readyLevels.Length - 1;
        while (_readyLevels[word] == 0) word--;
        return word * 64 + BitOperations.Log2(_readyLevels[word]);
    }

    private static TenantRing RingOf(TenantLine line) => line.Level.RingOf(line.Account.IsAside);

    private static int LevelOf(int priority) => priority + JobLimits.PriorityMagnitude;
}

/// <summary>The tenants with waiting tickets at one priority.</summary>
internal sealed class PriorityLevel
{
    public TenantRing Ready { get; } = new();

    public TenantRing Aside { get; } = new();

    public TenantRing RingOf(bool aside) => aside ? Aside : Ready;
}

/// <summary>Tenants in the order of their turns, with the number of all their tickets.</summary>
internal sealed class TenantRing
{
    public LinkedList<TenantLine> Lines { get; } = new();

    public int Count { get; set; }
}

/// <summary>The tickets of one tenant at one priority: its jobs in the order of their turns.</summary>
internal sealed class TenantLine
{
    public TenantLine(TenantAccount account, int priority, PriorityLevel level)
    {
        (Account, Priority, Level) = (account, priority, level);
        Place = new LinkedListNode<TenantLine>(this);
    }

    public TenantAccount Account { get; }

    public int Priority { get; }

    public PriorityLevel Level { get; }

    public LinkedListNode<TenantLine> Place { get; }

    public LinkedList<JobLine> Jobs { get; } = new();

    public int Count { get; set; }
}

/// <summary>The tickets of one job of a tenant at one priority, first come first.</summary>
internal sealed class JobLine
{
    public JobLine(TenantLine tenant, JobId job)
    {
        (Tenant, Job) = (tenant, job);
        Place = new LinkedListNode<JobLine>(this);
    }

    public TenantLine Tenant { get; }

    public JobId Job { get; }

    public LinkedListNode<JobLine> Place { get; }

    public LinkedList<AdmissionTicket> Tickets { get; } = new();
}
