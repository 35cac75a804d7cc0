using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>
/// What a batch does with messages and watches. Most batches have to do with neither: two look-ups a batch tell whether there are any at all, and then
/// an append costs nothing here.
/// </summary>
/// <remarks>
/// Invariants: 1. a job with mail is stored, has not ended, and its wake-up time is <see cref="JobRow.Active"/>; 2. an ended job has no mail.
/// </remarks>
internal sealed class SqliteMailWriter(SqliteDatabase database)
{
    private static readonly long ActiveMicroseconds = StoredTime.ToMicroseconds(JobRow.Active);

    private readonly List<JobId> _woken = [];
    private readonly HashSet<JobId> _wokenOnce = [];
    private bool _anyMail;
    private bool _anyWatch;

    public void BeginBatch()
    {
        _anyMail = IsThereAny(SqliteSql.NewestMessage);
        _anyWatch = IsThereAny(SqliteSql.AnyWatch);
    }

    /// <summary>Deletes what took effect; of a job that ends, all.</summary>
    public void Consume(ReadOnlySpan<byte> id, AppendRequest request)
    {
        if (!_anyMail) return;
        if (request.Row is { } row && row.Status.IsTerminal())
        {
            var clear = database.Statement(SqliteSql.ClearInbox);
            clear.Bind(1, id);
            clear.Run();
            return;
        }

        for (var i = 0; i < request.ConsumedMessages.Count; i++)
        {
            var consume = database.Statement(SqliteSql.ConsumeMessage);
            consume.Bind(1, request.ConsumedMessages[i]);
            consume.Bind(2, id);
            consume.Run();
        }
    }

    /// <summary>The row's own wake-up time, or now if mail is left: a turn that did not know of its mail must not put it to sleep.</summary>
    public DateTimeOffset? WakeAt(ReadOnlySpan<byte> id, JobRow row) =>
        _anyMail && !row.Status.IsTerminal() && HasMail(id) ? JobRow.Active : row.WakeAt;

    /// <summary>Writes watches and messages, and tells the watchers of a job that ends; after the row was written.</summary>
    /// <returns>Who got mail, each once.</returns>
    public IReadOnlyList<JobId> Send(ReadOnlySpan<byte> id, AppendRequest request)
    {
        if (request.ChildOf is { } parent) InsertWatch(request.JobId, parent, WatchKind.Child);
        var ends = _anyWatch && request.Row is { } row && row.Status.IsTerminal() && !request.StatusBefore.IsTerminal();
        if (request.Watches.Count == 0 && request.Messages.Count == 0 && !ends) return [];

        _woken.Clear();
        _wokenOnce.Clear();
        var at = StoredTime.ToMicroseconds(request.At);
        for (var i = 0; i < request.Watches.Count; i++) Watch(id, request, i, at);
        for (var i = 0; i < request.Messages.Count; i++)
        {
            var message = request.Messages[i];
            Send(message.To, request.JobId, message.Kind, JobStatus.None, message.Payload.Span, at);
        }

        if (ends) TellWatchers(id, request, at);
        return [.. _woken];
    }

    private bool IsThereAny(string sql)
    {
        var statement = database.Statement(sql);
        var any = statement.Step() && !statement.IsNull(0);
        statement.Reset();
        return any;
    }

    private bool HasMail(ReadOnlySpan<byte> id)
    {
        var statement = database.Statement(SqliteSql.HasMail);
        statement.Bind(1, id);
        var has = statement.Step();
        statement.Reset();
        return has;
    }

    /// <summary>Keeps the edge. A watch for a job that is not there any more, or never was, gets its answer at once; one answer a watched job.</summary>
    private void Watch(ReadOnlySpan<byte> watcher, AppendRequest request, int index, long at)
    {
        var (watched, kind) = request.Watches[index];
        InsertWatch(watched, JobId.FromBytes(watcher), kind);
        for (var earlier = 0; earlier < index; earlier++)
            if (request.Watches[earlier].Watched == watched) return;
        var status = Find(watched)?.Status ?? JobStatus.Cancelled;
        if (status.IsTerminal()) Send(request.JobId, watched, MessageKind.JobEnded, status, payload: default, at);
    }

    private void InsertWatch(JobId watched, JobId watcher, string kind)
    {
        var insert = database.Statement(SqliteSql.InsertWatch);
        insert.Bind(1, watched);
        insert.Bind(2, watcher);
        insert.Bind(3, kind);
        insert.Run();
        _anyWatch = true;
    }

    private void TellWatchers(ReadOnlySpan<byte> id, AppendRequest request, long at)
    {
        var watchers = database.Statement(SqliteSql.Watchers);
        watchers.Bind(1, id);
        while (watchers.Step())
            Send(watchers.Id(0), request.JobId, MessageKind.JobEnded, request.Row!.Status, request.EndNote.Span, at);
        watchers.Reset();
    }

    private void Send(JobId to, JobId from, string kind, JobStatus outcome, ReadOnlySpan<byte> payload, long at)
    {
        if (Find(to) is not { } receiver || receiver.Status.IsTerminal()) return;

        var insert = database.Statement(SqliteSql.InsertMessage);
        insert.Bind(1, to);
        insert.Bind(2, from);
        insert.Bind(3, kind);
        insert.Bind(4, outcome.ToText());
        insert.Bind(5, payload);
        insert.Bind(6, at);
        insert.Run();
        _anyMail = true;

        if (receiver.WakeAt != JobRow.Active) Wake(to);
        if (_wokenOnce.Add(to)) _woken.Add(to);
    }

    private (JobStatus Status, DateTimeOffset? WakeAt)? Find(JobId id)
    {
        var statement = database.Statement(SqliteSql.StatusOfJob);
        statement.Bind(1, id);
        (JobStatus, DateTimeOffset?)? found = statement.Step() ? (StoredText.Status<JobStatus>(statement.Text(0)), statement.TimeOrNull(1)) : null;
        statement.Reset();
        return found;
    }

    private void Wake(JobId id)
    {
        var statement = database.Statement(SqliteSql.WakeJob);
        statement.Bind(1, id);
        statement.Bind(2, ActiveMicroseconds);
        statement.Run();
    }
}
