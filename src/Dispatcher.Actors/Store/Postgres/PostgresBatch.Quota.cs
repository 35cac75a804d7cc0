using System.Globalization;
using Dispatcher.Store.GroupCommit;

namespace Dispatcher.Store.Postgres;

/// <summary>Orders of quota.</summary>
internal sealed partial class PostgresBatch
{
    private readonly List<(QuotaOrder Order, int Append, long At)> _sortedOrders = [];

    private PostgresArrays _quota = null!;
    private PostgresArray<int> _quotaAppend = null!;
    private PostgresArray<string> _quotaKind = null!;
    private PostgresArray<string> _quotaTenant = null!;
    private PostgresArray<string> _quotaMeter = null!;
    private PostgresArray<string> _quotaReservation = null!;
    private PostgresArray<long> _quotaAmount = null!;
    private PostgresArray<string?> _quotaRaw = null!;
    private PostgresArray<long?> _quotaExpiresAt = null!;
    private PostgresArray<Guid> _quotaJob = null!;
    private PostgresArray<long> _quotaAt = null!;

    private void DefineQuota()
    {
        _quota = Group();
        _quotaAppend = _quota.Ints("quota_append");
        _quotaKind = _quota.Texts("quota_kind");
        _quotaTenant = _quota.Texts("quota_tenant");
        _quotaMeter = _quota.Texts("quota_meter");
        _quotaReservation = _quota.Texts("quota_reservation");
        _quotaAmount = _quota.Longs("quota_amount");
        _quotaRaw = _quota.TextsOrNull("quota_raw");
        _quotaExpiresAt = _quota.LongsOrNull("quota_expires_at");
        _quotaJob = _quota.Ids("quota_job");
        _quotaAt = _quota.Longs("quota_at");
    }

    /// <summary>By account, as everybody locks them; within one as the batch has them.</summary>
    private void AddQuota(IReadOnlyList<PendingAppend> appends)
    {
        _sortedOrders.Clear();
        for (var i = 0; i < appends.Count; i++)
        {
            var request = appends[i].Request;
            for (var place = 0; place < request.Quota.Count; place++) _sortedOrders.Add((request.Quota[place], i + 1, Micros(request.At)));
        }

        // OrderBy keeps the order of those that are equal, which Sort does not.
        if (_sortedOrders.Count == 0) return;
        foreach (var (order, append, at) in _sortedOrders.OrderBy(entry => entry.Order.Tenant, StringComparer.Ordinal).ThenBy(entry => entry.Order.Meter, StringComparer.Ordinal))
            Add(order, append, at);
    }

    private void Add(QuotaOrder order, int append, long at)
    {
        _quota.Count++;
        _quotaAppend.Add(append);
        _quotaKind.Add(QuotaWords.KindOf(order));
        _quotaTenant.Add(PostgresText.Clean(order.Tenant));
        _quotaMeter.Add(PostgresText.Clean(order.Meter));
        _quotaReservation.Add(PostgresText.Clean(order.Reservation));
        _quotaAmount.Add(QuotaWords.AmountOf(order));
        _quotaRaw.Add(QuotaWords.RawOf(order));
        _quotaExpiresAt.Add(order is QuotaOrder.Reserve { ExpiresAt: { } expiresAt } ? Micros(expiresAt) : null);
        _quotaJob.Add(order.Job!.Value.Value);
        _quotaAt.Add(at);
    }
}

/// <summary>Orders in the words of the database's functions.</summary>
internal static class QuotaWords
{
    public static string KindOf(QuotaOrder order) => order switch
    {
        QuotaOrder.Reserve => "reserve",
        QuotaOrder.Settle => "settle",
        _ => "release",
    };

    public static long AmountOf(QuotaOrder order) => order switch
    {
        QuotaOrder.Reserve reserve => reserve.Amount,
        QuotaOrder.Settle settle => settle.Amount,
        _ => 0,
    };

    public static string? RawOf(QuotaOrder order) => order is QuotaOrder.Settle { Raw: { } raw } ? raw.ToString(CultureInfo.InvariantCulture) : null;
}
