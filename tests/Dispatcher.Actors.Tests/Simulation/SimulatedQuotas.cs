using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>Accounts, holds and the ledger of a simulated disk.</summary>
internal sealed class SimulatedQuotas : IQuotaRows
{
    private readonly Dictionary<(string Tenant, string Meter), QuotaAccount> _accounts = [];
    private readonly Dictionary<(string Tenant, string Meter, string Reservation), QuotaHold> _holds = [];
    private readonly List<(string Tenant, string Meter, QuotaEntry Entry)> _ledger = [];
    private readonly Lock _gate = new();

    public IReadOnlyCollection<QuotaHold> Holds
    {
        get
        {
            lock (_gate) return [.. _holds.Values];
        }
    }

    public QuotaAccount? FindAccount(string tenant, string meter) => _accounts.GetValueOrDefault((tenant, meter));

    public QuotaHold? FindHold(string tenant, string meter, string reservation) => _holds.GetValueOrDefault((tenant, meter, reservation));

    public IReadOnlyList<QuotaHold> DueHolds(string tenant, string meter, DateTimeOffset at) =>
        [.. _holds.Values.Where(hold => hold.Tenant == tenant && hold.Meter == meter && IsDue(hold, at)).OrderBy(hold => (hold.ExpiresAt, hold.Reservation)).Take(IQuotaStore.ExpiredAtOnce)];

    /// <summary>The orders of an append: all of them, or none and the reason.</summary>
    public bool TryWrite(AppendRequest request, out QuotaShortage? shortage)
    {
        shortage = null;
        if (request.Quota.Count == 0) return true;
        lock (_gate)
        {
            var book = new QuotaBook(this, StoredTime.Truncate(request.At));
            foreach (var order in request.Quota)
            {
                if (book.Apply(order) is not QuotaResult.Short refused) continue;
                shortage = refused.Shortage;
                return false;
            }

            Write(book);
            return true;
        }
    }

    public TResult Change<TResult>(DateTimeOffset at, Func<QuotaBook, TResult> change)
    {
        lock (_gate)
        {
            var book = new QuotaBook(this, StoredTime.Truncate(at));
            var result = change(book);
            if (result is not (QuotaResult.Short or QuotaResult.Conflict or QuotaResult.NotFound or null)) Write(book);
            return result;
        }
    }

    public int Expire(DateTimeOffset at, int limit) => Change(at, book =>
    {
        var due = _holds.Values.Where(hold => IsDue(hold, at)).OrderBy(hold => hold.ExpiresAt).Take(limit).ToList();
        foreach (var hold in due) book.Expire(hold);
        return due.Count;
    });

    public IReadOnlyList<QuotaAccount> Accounts(DateTimeOffset at)
    {
        lock (_gate)
        {
            return [.. _accounts.Values.OrderBy(account => account.Tenant, StringComparer.Ordinal).ThenBy(account => account.Meter, StringComparer.Ordinal)
                .Select(account => account with { Reserved = account.Reserved - DueHolds(account.Tenant, account.Meter, at).Sum(hold => hold.Amount) })];
        }
    }

    public IReadOnlyList<QuotaEntry> Ledger(string tenant, string meter)
    {
        lock (_gate) return [.. _ledger.Where(entry => entry.Tenant == tenant && entry.Meter == meter).Select(entry => entry.Entry)];
    }

    public IReadOnlyList<string> Faults()
    {
        lock (_gate)
        {
            var faults =
                from account in _accounts.Values
                let period = Ledger(account.Tenant, account.Meter).Reverse().TakeWhile(entry => entry.Kind != QuotaEntryKind.Renewed).ToList()
                let held = _holds.Values.Where(hold => (hold.Tenant, hold.Meter, hold.Status) == (account.Tenant, account.Meter, QuotaHoldStatus.Held)).Sum(hold => hold.Amount)
                let sums = (Used: period.Sum(entry => entry.Charged), Overage: period.Sum(entry => entry.Overage))
                where (account.Used, account.Overage, account.Reserved) != (sums.Used, sums.Overage, held)
                select QuotaSums.Fault(account.Tenant, account.Meter, account.Used, account.Overage, account.Reserved, held, sums.Used, sums.Overage);
            return [.. faults];
        }
    }

    private static bool IsDue(QuotaHold hold, DateTimeOffset at) => hold.Status == QuotaHoldStatus.Held && hold.ExpiresAt <= at;

    private void Write(QuotaBook book)
    {
        foreach (var account in book.Accounts) _accounts[(account.Tenant, account.Meter)] = account;
        foreach (var hold in book.Holds) _holds[(hold.Tenant, hold.Meter, hold.Reservation)] = hold;
        foreach (var (account, entry) in book.Entries) _ledger.Add((account.Tenant, account.Meter, entry with { Id = _ledger.Count + 1 }));
    }
}
