using System.Globalization;
using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Accounts and holds over one connection: as the open transaction sees them, and what a book makes of them.</summary>
internal sealed class SqliteQuotaRows(SqliteDatabase database) : IQuotaRows
{
    public QuotaAccount? FindAccount(string tenant, string meter)
    {
        var find = database.Statement(SqliteSql.FindAccount);
        find.Bind(1, tenant);
        find.Bind(2, meter);
        var account = find.Step() ? Account(find) : null;
        find.Reset();
        return account;
    }

    public long CountAccounts(string tenant)
    {
        var count = database.Statement(SqliteSql.CountAccounts);
        count.Bind(1, tenant);
        count.Step();
        var accounts = count.Int64(0);
        count.Reset();
        return accounts;
    }

    public QuotaHold? FindHold(string tenant, string meter, string reservation)
    {
        var find = database.Statement(SqliteSql.FindHold);
        find.Bind(1, tenant);
        find.Bind(2, meter);
        find.Bind(3, reservation);
        var hold = find.Step() ? Hold(find) : null;
        find.Reset();
        return hold;
    }

    public IReadOnlyList<QuotaHold> DueHolds(string tenant, string meter, DateTimeOffset at)
    {
        var due = database.Statement(SqliteSql.DueHoldsOfAccount);
        due.Bind(1, tenant);
        due.Bind(2, meter);
        due.Bind(3, at);
        due.Bind(4, IQuotaStore.ExpiredAtOnce);
        return Holds(due);
    }

    public IReadOnlyList<QuotaHold> DueHolds(DateTimeOffset at, int limit)
    {
        var due = database.Statement(SqliteSql.DueHolds);
        due.Bind(1, at);
        due.Bind(2, limit);
        return Holds(due);
    }

    /// <summary>Writes all that a book has changed.</summary>
    public void Write(QuotaBook book)
    {
        foreach (var account in book.Accounts) Write(account);
        foreach (var hold in book.Holds) Write(hold);
        foreach (var (account, entry) in book.Entries) Write(account, entry);
    }

    public static QuotaAccount Account(SqliteStatement row) => new()
    {
        Tenant = row.Text(0),
        Meter = row.Text(1),
        Plan = row.Text(2),
        Limit = row.Int64(3),
        Used = row.Int64(4),
        Reserved = row.Int64(5),
        Overage = row.Int64(6),
        Upgrade = row.TextOrNull(7),
        Period = row.TextOrNull(8),
        UpdatedAt = row.Time(9),
    };

    public static QuotaEntry Entry(SqliteStatement row) => new(
        row.Int64(0), row.Time(1), StoredText.Status<QuotaEntryKind>(row.Text(2)), row.TextOrNull(3), row.IsNull(4) ? null : row.Id(4),
        row.Int64(5), row.Int64(6), row.Int64(7), Raw(row, 8), row.Int64(9), row.Int64(10), row.Int64(11));

    private void Write(QuotaAccount account)
    {
        var upsert = database.Statement(SqliteSql.UpsertAccount);
        upsert.Bind(1, account.Tenant);
        upsert.Bind(2, account.Meter);
        upsert.Bind(3, account.Plan);
        upsert.Bind(4, account.Limit);
        upsert.Bind(5, account.Used);
        upsert.Bind(6, account.Reserved);
        upsert.Bind(7, account.Overage);
        upsert.Bind(8, account.Upgrade);
        upsert.Bind(9, account.Period);
        upsert.Bind(10, account.UpdatedAt);
        upsert.Run();
    }

    private void Write(QuotaHold hold)
    {
        var upsert = database.Statement(SqliteSql.UpsertHold);
        upsert.Bind(1, hold.Tenant);
        upsert.Bind(2, hold.Meter);
        upsert.Bind(3, hold.Reservation);
        upsert.Bind(4, hold.Amount);
        upsert.Bind(5, hold.Status.ToText());
        upsert.Bind(6, hold.ExpiresAt);
        Bind(upsert, 7, hold.Job);
        upsert.Bind(8, hold.Charged);
        upsert.Bind(9, hold.Overage);
        upsert.Bind(10, hold.Raw?.ToString(CultureInfo.InvariantCulture));
        upsert.Bind(11, hold.CreatedAt);
        upsert.Bind(12, hold.ClosedAt);
        upsert.Run();
    }

    private void Write(QuotaAccount account, QuotaEntry entry)
    {
        var insert = database.Statement(SqliteSql.InsertEntry);
        insert.Bind(1, account.Tenant);
        insert.Bind(2, account.Meter);
        insert.Bind(3, entry.At);
        insert.Bind(4, entry.Kind.ToText());
        insert.Bind(5, entry.Reservation);
        Bind(insert, 6, entry.Job);
        insert.Bind(7, entry.Amount);
        insert.Bind(8, entry.Charged);
        insert.Bind(9, entry.Overage);
        insert.Bind(10, entry.Raw?.ToString(CultureInfo.InvariantCulture));
        insert.Bind(11, entry.Limit);
        insert.Bind(12, entry.Used);
        insert.Bind(13, entry.Reserved);
        insert.Run();
    }

    private static void Bind(SqliteStatement statement, int parameter, JobId? id)
    {
        if (id is { } job) statement.Bind(parameter, job);
        else statement.BindNull(parameter);
    }

    private static List<QuotaHold> Holds(SqliteStatement rows)
    {
        var holds = new List<QuotaHold>();
        while (rows.Step()) holds.Add(Hold(rows));
        rows.Reset();
        return holds;
    }

    private static QuotaHold Hold(SqliteStatement row) => new()
    {
        Tenant = row.Text(0),
        Meter = row.Text(1),
        Reservation = row.Text(2),
        Amount = row.Int64(3),
        Status = StoredText.Status<QuotaHoldStatus>(row.Text(4)),
        ExpiresAt = row.TimeOrNull(5),
        Job = row.IsNull(6) ? null : row.Id(6),
        Charged = row.Int64(7),
        Overage = row.Int64(8),
        Raw = Raw(row, 9),
        CreatedAt = row.Time(10),
        ClosedAt = row.TimeOrNull(11),
    };

    private static decimal? Raw(SqliteStatement row, int column) => row.IsNull(column) ? null : decimal.Parse(row.Text(column), CultureInfo.InvariantCulture);
}
