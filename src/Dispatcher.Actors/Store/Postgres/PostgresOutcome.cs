using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store.GroupCommit;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>What <c>commit_batch</c> says: whether this node may write, which appends are in conflict, and who got mail. Appends are counted from 1.</summary>
internal sealed class PostgresOutcome
{
    private long _firstOrdering;
    private int[] _staleAppend = [];
    private long[] _staleActual = [];
    private int[] _takenAppend = [];
    private int[] _takenPlace = [];
    private Guid[] _takenBy = [];
    private string?[] _takenAs = [];
    private long[] _takenActual = [];
    private int[] _shortAppend = [];
    private string?[] _shortPlan = [];
    private long[] _shortLimit = [];
    private long[] _shortUsed = [];
    private long[] _shortReserved = [];
    private long[] _shortNeeded = [];
    private string?[] _shortUpgrade = [];
    private int[] _wokenAppend = [];
    private Guid[] _wokenJob = [];

    public bool Alive { get; private init; }

    /// <summary>True when nothing was written, since some of the appends cannot be.</summary>
    public bool IsConflict => _staleAppend.Length > 0 || _takenAppend.Length > 0 || _shortAppend.Length > 0;

    public static PostgresOutcome Read(NpgsqlDataReader reader)
    {
        var outcome = new PostgresOutcome { Alive = reader.GetBoolean(0) };
        if (!reader.IsDBNull(1)) outcome._firstOrdering = reader.GetInt64(1);
        if (!reader.IsDBNull(2))
        {
            outcome._staleAppend = reader.GetFieldValue<int[]>(2);
            outcome._staleActual = reader.GetFieldValue<long[]>(3);
        }

        if (!reader.IsDBNull(4))
        {
            outcome._takenAppend = reader.GetFieldValue<int[]>(4);
            outcome._takenPlace = reader.GetFieldValue<int[]>(5);
            outcome._takenBy = reader.GetFieldValue<Guid[]>(6);
            outcome._takenAs = reader.GetFieldValue<string?[]>(7);
            outcome._takenActual = reader.GetFieldValue<long[]>(8);
        }

        if (!reader.IsDBNull(9))
        {
            outcome._wokenAppend = reader.GetFieldValue<int[]>(9);
            outcome._wokenJob = reader.GetFieldValue<Guid[]>(10);
        }

        if (!reader.IsDBNull(11)) outcome.ReadShort(reader);
        return outcome;
    }

    /// <summary>Answers those in conflict, and those that are refused for want of quota; of a taken claim and a wrong number in one append, the claim.</summary>
    public void AnswerConflicts(List<PendingAppend> appends)
    {
        for (var i = 0; i < _takenAppend.Length; i++)
        {
            var append = appends[_takenAppend[i] - 1];
            append.Result = new AppendResult.Conflict(_takenActual[i], append.Request.Claims[_takenPlace[i]], new JobId(_takenBy[i]), _takenAs[i]);
        }

        for (var i = 0; i < _staleAppend.Length; i++)
            appends[_staleAppend[i] - 1].Result ??= new AppendResult.Conflict(_staleActual[i], Claim: null, ClaimedBy: null);
        for (var i = 0; i < _shortAppend.Length; i++)
        {
            var append = appends[_shortAppend[i] - 1];
            append.Result = new AppendResult.QuotaRefused(new QuotaShortage(
                append.Request.Quota[0].Meter, _shortPlan[i], _shortLimit[i], _shortUsed[i], _shortReserved[i], _shortNeeded[i], _shortUpgrade[i]));
        }
    }

    public void AnswerAppended(List<PendingAppend> appends)
    {
        Check.That(_firstOrdering > 0);
        var (ordering, woken) = (_firstOrdering, 0);
        for (var i = 0; i < appends.Count; i++)
        {
            var events = appends[i].Request.Events.Count;
            appends[i].Result = new AppendResult.Appended(events == 0 ? 0 : ordering, Woken(i + 1, ref woken));
            ordering += events;
        }

        Check.That(woken == _wokenAppend.Length);
    }

    private void ReadShort(NpgsqlDataReader reader)
    {
        _shortAppend = reader.GetFieldValue<int[]>(11);
        _shortPlan = reader.GetFieldValue<string?[]>(12);
        _shortLimit = reader.GetFieldValue<long[]>(13);
        _shortUsed = reader.GetFieldValue<long[]>(14);
        _shortReserved = reader.GetFieldValue<long[]>(15);
        _shortNeeded = reader.GetFieldValue<long[]>(16);
        _shortUpgrade = reader.GetFieldValue<string?[]>(17);
    }

    private IReadOnlyList<JobId> Woken(int append, ref int next)
    {
        if (next >= _wokenAppend.Length || _wokenAppend[next] != append) return [];
        var jobs = new OrderedDictionary<JobId, bool>();
        for (; next < _wokenAppend.Length && _wokenAppend[next] == append; next++) jobs.TryAdd(new JobId(_wokenJob[next]), value: true);
        return [.. jobs.Keys];
    }
}
