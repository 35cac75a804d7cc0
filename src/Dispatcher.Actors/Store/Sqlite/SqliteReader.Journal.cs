using Dispatcher.Jobs;
using Dispatcher.Workflows.Scheduling;

namespace Dispatcher.Store.Sqlite;

/// <summary>The journal as a whole.</summary>
internal sealed partial class SqliteReader
{
    public JournalPage ReadJournal(long afterOrdering, string? tenant, int limit)
    {
        var entries = new List<JournalEntry>();
        var addresses = new Dictionary<JobId, JobAddress>();
        var (next, rows) = (afterOrdering, 0);
        var statement = database.Statement(SqliteSql.ReadJournal);
        statement.Bind(1, afterOrdering);
        statement.Bind(2, limit);
        while (statement.Step())
        {
            next = statement.Int64(0);
            rows++;
            var id = statement.Id(1);
            if (!addresses.TryGetValue(id, out var address)) addresses.Add(id, address = Address(statement));
            if (tenant is null || string.Equals(tenant, address.Tenant, StringComparison.Ordinal)) entries.Add(Entry(statement, id, address));
        }

        statement.Reset();
        return new JournalPage(entries, next, IsLast: rows < limit);
    }

    public long LastOrdering()
    {
        var statement = database.Statement(SqliteSql.LastOrdering);
        statement.Step();
        var last = statement.IsNull(0) ? 0 : statement.Int64(0);
        statement.Reset();
        return last;
    }

    private static JobAddress Address(SqliteStatement statement) =>
        statement.IsNull(6)
            ? JobAddress.Unknown
            : new JobAddress(statement.Text(6), statement.Text(7), statement.TextOrNull(8)) { Schedule = statement.IsNull(9) ? null : StoredText.Label(statement.Bytes(9), FiringLabels.Schedule) };

    private JournalEntry Entry(SqliteStatement statement, JobId id, JobAddress address) =>
        new(statement.Int64(0), id, statement.Int64(2), address, TypeName(statement.Bytes(3)), statement.Time(4), statement.Bytes(5).ToArray());
}
