using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Store;

/// <summary>Accounts and holds as they stand in the transaction of which a book is a part.</summary>
internal interface IQuotaRows
{
    QuotaAccount? FindAccount(string tenant, string meter);

    QuotaHold? FindHold(string tenant, string meter, string reservation);

    /// <summary>Holds of an account whose time is over, oldest first; at most <see cref="IQuotaStore.ExpiredAtOnce"/>.</summary>
    IReadOnlyList<QuotaHold> DueHolds(string tenant, string meter, DateTimeOffset at);
}

/// <summary>
/// The arithmetic of accounts, for stores that keep it in this process: orders go in, rows to be written come out. Nothing is written while orders are carried out, so
/// whoever is refused has changed nothing. The functions of PostgreSQL's migration 7 say the same in its own words.
/// </summary>
internal sealed class QuotaBook(IQuotaRows rows, DateTimeOffset at)
{
    private readonly Dictionary<(string Tenant, string Meter), QuotaAccount> _accounts = [];
    private readonly Dictionary<(string Tenant, string Meter, string Reservation), QuotaHold> _holds = [];
    private readonly List<(QuotaAccount Account, QuotaEntry Entry)> _entries = [];

    /// <summary>Accounts as they are to be.</summary>
    public IEnumerable<QuotaAccount> Accounts => _accounts.Values;

    /// <summary>Holds as they are to be.</summary>
    public IEnumerable<QuotaHold> Holds => _holds.Values;

    /// <summary>What is to be added to the ledger, in its order; the numbers are the store's to give.</summary>
    public IReadOnlyList<(QuotaAccount Account, QuotaEntry Entry)> Entries => _entries;

    public QuotaResult Apply(QuotaOrder order)
    {
        if (Find(order.Tenant, order.Meter) is not { } account)
            return order is QuotaOrder.Reserve refused ? new QuotaResult.Short(QuotaShortage.NoPlan(refused.Meter, refused.Amount)) : QuotaResult.NotFound.Instance;
        var hold = FindHold(order);
        return order switch
        {
            QuotaOrder.Reserve reserve => Reserve(account, hold, reserve),
            _ when hold is null => QuotaResult.NotFound.Instance,
            _ when hold.Job != order.Job => new QuotaResult.Conflict(hold),
            QuotaOrder.Settle settle => Settle(account, hold, settle),
            _ => Release(account, hold),
        };
    }

    /// <summary>Sets a plan; null if it would leave less than what is used and reserved.</summary>
    public QuotaAccount? Plan(string tenant, string meter, QuotaPlan plan)
    {
        var old = Find(tenant, meter);
        var renews = old is not null && plan.Period is not null && plan.Period != old.Period;
        var account = (old ?? new QuotaAccount { Tenant = tenant, Meter = meter, Plan = plan.Name, Limit = plan.Limit }) with
        {
            Plan = plan.Name,
            Limit = plan.Limit,
            Upgrade = plan.Upgrade,
            Period = plan.Period ?? old?.Period,
        };
        if (renews) account = account with { Used = 0, Overage = 0 };
        if (account.Used + account.Reserved > account.Limit)
        {
            FreeDue(account);
            account = account with { Reserved = Find(tenant, meter)!.Reserved };
        }

        if (account.Used + account.Reserved > account.Limit) return null;
        if (renews) Note(account, QuotaEntryKind.Renewed, null, account.Limit);
        Note(account, QuotaEntryKind.Planned, null, account.Limit);
        return Put(account);
    }

    /// <summary>Ends a hold whose time is over.</summary>
    public void Expire(QuotaHold hold)
    {
        Check.That(hold.Status == QuotaHoldStatus.Held);
        var account = Find(hold.Tenant, hold.Meter)!;
        Note(Put(account with { Reserved = account.Reserved - hold.Amount }), QuotaEntryKind.Expired, Put(hold with { Status = QuotaHoldStatus.Expired, ClosedAt = at }), hold.Amount);
    }

    private QuotaResult Reserve(QuotaAccount account, QuotaHold? hold, QuotaOrder.Reserve order)
    {
        if (hold is not null)
        {
            var isKept = hold.Status == QuotaHoldStatus.Held && !(hold.ExpiresAt <= at);
            return isKept && hold.Amount == order.Amount && hold.Job == order.Job ? new QuotaResult.Done(account, hold, Changed: false) : new QuotaResult.Conflict(hold);
        }

        if (order.Amount > account.Remaining)
        {
            FreeDue(account);
            account = Find(order.Tenant, order.Meter)!;
        }

        if (order.Amount > account.Remaining) return new QuotaResult.Short(account.ShortOf(order.Amount));
        hold = new QuotaHold
        {
            Tenant = order.Tenant,
            Meter = order.Meter,
            Reservation = order.Reservation,
            Amount = order.Amount,
            Status = QuotaHoldStatus.Held,
            ExpiresAt = order.ExpiresAt,
            Job = order.Job,
            CreatedAt = at,
        };
        return Done(account with { Reserved = account.Reserved + order.Amount }, hold, QuotaEntryKind.Reserved);
    }

    private QuotaResult Settle(QuotaAccount account, QuotaHold hold, QuotaOrder.Settle order)
    {
        if (hold.Status == QuotaHoldStatus.Committed) return new QuotaResult.Done(account, hold, Changed: false);
        if (hold.Status == QuotaHoldStatus.RolledBack) return new QuotaResult.Conflict(hold);
        if (hold.Status == QuotaHoldStatus.Held) account = account with { Reserved = account.Reserved - hold.Amount };
        var charged = Math.Min(order.Amount, account.Remaining);
        var overage = order.Amount - charged;
        hold = hold with { Status = QuotaHoldStatus.Committed, Charged = charged, Overage = overage, Raw = order.Raw, ClosedAt = at };
        return Done(account with { Used = account.Used + charged, Overage = account.Overage + overage }, hold, QuotaEntryKind.Committed);
    }

    private QuotaResult Release(QuotaAccount account, QuotaHold hold)
    {
        if (hold.Status == QuotaHoldStatus.RolledBack) return new QuotaResult.Done(account, hold, Changed: false);
        if (hold.Status == QuotaHoldStatus.Committed) return new QuotaResult.Conflict(hold);
        if (hold.Status == QuotaHoldStatus.Held) account = account with { Reserved = account.Reserved - hold.Amount };
        return Done(account, hold with { Status = QuotaHoldStatus.RolledBack, ClosedAt = at }, QuotaEntryKind.RolledBack);
    }

    private QuotaResult.Done Done(QuotaAccount account, QuotaHold hold, QuotaEntryKind kind)
    {
        account = Put(account);
        Note(account, kind, Put(hold), hold.Amount);
        return new QuotaResult.Done(account, hold, Changed: true);
    }

    private void FreeDue(QuotaAccount account)
    {
        foreach (var due in rows.DueHolds(account.Tenant, account.Meter, at))
        {
            if (!_holds.TryGetValue((due.Tenant, due.Meter, due.Reservation), out var known) || known.Status == QuotaHoldStatus.Held) Expire(due);
        }
    }

    private void Note(QuotaAccount account, QuotaEntryKind kind, QuotaHold? hold, long amount) => _entries.Add((account, new QuotaEntry(
        0, at, kind, hold?.Reservation, hold?.Job, amount, hold?.Charged ?? 0, hold?.Overage ?? 0, hold?.Raw, account.Limit, account.Used, account.Reserved)));

    private QuotaAccount? Find(string tenant, string meter) => _accounts.TryGetValue((tenant, meter), out var account) ? account : rows.FindAccount(tenant, meter);

    private QuotaHold? FindHold(QuotaOrder order) =>
        _holds.TryGetValue((order.Tenant, order.Meter, order.Reservation), out var hold) ? hold : rows.FindHold(order.Tenant, order.Meter, order.Reservation);

    private QuotaAccount Put(QuotaAccount account)
    {
        Check.That(account is { Used: >= 0, Reserved: >= 0, Overage: >= 0, Remaining: >= 0 });
        return _accounts[(account.Tenant, account.Meter)] = account with { UpdatedAt = at };
    }

    private QuotaHold Put(QuotaHold hold) => _holds[(hold.Tenant, hold.Meter, hold.Reservation)] = hold;
}
