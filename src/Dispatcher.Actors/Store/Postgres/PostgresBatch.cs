using System.Text;
using Dispatcher.Store.GroupCommit;
using Npgsql;
using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// The arguments of one call of <c>commit_batch</c>: the appends of a batch, turned into columns. Events stand in the order of the appends; all that locks rows
/// in the database stands in the order of its keys, as everybody's does.
/// </summary>
internal sealed partial class PostgresBatch
{
    private readonly long _writer;
    private readonly long _orderingOffset;
    private readonly int _shardCount;
    private readonly List<PostgresArrays> _groups = [];
    private readonly List<int> _byJob = [];
    private readonly Dictionary<ulong, string> _calls = [];

    /// <param name="writer">The incarnation.</param>
    public PostgresBatch(long writer, long orderingOffset, int shardCount)
    {
        _writer = writer;
        _orderingOffset = orderingOffset;
        _shardCount = shardCount;
        DefineJournal();
        DefineRows();
        DefineMail();
        DefineQuota();
        DefineTold();
    }

    /// <summary>Turns the appends, each of another job, into arguments; what the last ones have left is forgotten.</summary>
    public void Fill(IReadOnlyList<PendingAppend> appends)
    {
        foreach (var group in _groups) group.Clear();
        _counts.Clear();
        _byJob.Clear();
        for (var i = 0; i < appends.Count; i++)
        {
            _byJob.Add(i);
            AddEvents(appends[i].Request);
        }

        AddClaims(appends);
        AddQuota(appends);
        _byJob.Sort((one, other) => appends[one].Request.JobId.CompareTo(appends[other].Request.JobId));
        foreach (var i in _byJob) AddState(appends[i].Request);
        AddCounts();
        for (var i = 0; i < appends.Count; i++) AddMail(appends[i].Request, i + 1);
        AddTold(appends);
    }

    /// <summary>The call, with the groups of arguments that are not empty.</summary>
    public NpgsqlCommand Command(PostgresDatabase database, NpgsqlConnection connection)
    {
        var used = _told.Count > 0 ? 1UL << _groups.Count : 0;
        for (var i = 0; i < _groups.Count; i++)
            if (_groups[i].Count > 0) used |= 1UL << i;
        if (!_calls.TryGetValue(used, out var call)) _calls.Add(used, call = database.Sql(Call(used)));

        var command = new NpgsqlCommand(call, connection);
        command.Add(_writer, NpgsqlDbType.Bigint);
        command.Add(_orderingOffset, NpgsqlDbType.Bigint);
        foreach (var group in _groups)
        {
            if (group.Count == 0) continue;
            foreach (var column in group.Columns) command.Parameters.Add(column.Parameter());
        }

        if (_told.Count == 0) return command;
        foreach (var column in _told.Columns) command.Parameters.Add(column.Parameter());
        return command;
    }

    private PostgresArrays Group()
    {
        var group = new PostgresArrays();
        _groups.Add(group);
        return group;
    }

    private string Call(ulong used)
    {
        var arguments = new StringBuilder();
        var number = 2;
        for (var i = 0; i < _groups.Count; i++)
        {
            if ((used & (1UL << i)) == 0) continue;
            foreach (var column in _groups[i].Columns) arguments.Append(", ").Append(column.Name).Append(" => $").Append(++number);
        }

        var call = $"{{schema}}.commit_batch($1, $2{arguments})";
        if ((used & (1UL << _groups.Count)) == 0) return $"SELECT * FROM {call}";
        // Where something was refused nothing was written, and nothing has happened.
        var told = string.Join(", ", _told.Columns.Select(column => $"{column.Name} => ${++number}"));
        return $"SELECT batch.*, CASE WHEN alive AND num_nulls(stale_append, taken_append, short_append) = 3 THEN {{schema}}.tell_schedules({told}) END FROM {call} AS batch";
    }

    private static string? CleanOrNull(string? text) => text is null ? null : PostgresText.Clean(text);

    private static long Micros(DateTimeOffset time) => StoredTime.ToMicroseconds(time);
}
