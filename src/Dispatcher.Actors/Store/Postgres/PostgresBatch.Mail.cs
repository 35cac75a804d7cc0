using Dispatcher.Jobs;

namespace Dispatcher.Store.Postgres;

/// <summary>Messages and watches, the rows of other jobs that they need, and callbacks.</summary>
internal sealed partial class PostgresBatch
{
    private PostgresArrays _involved = null!;
    private PostgresArray<Guid> _involvedJob = null!;

    private PostgresArrays _consumed = null!;
    private PostgresArray<long> _consumedId = null!;
    private PostgresArray<Guid> _consumedJob = null!;

    private PostgresArrays _answers = null!;
    private PostgresArray<long> _answeredCommand = null!;
    private PostgresArray<ReadOnlyMemory<byte>> _answeredWith = null!;

    private PostgresArrays _endings = null!;
    private PostgresArray<int> _endingAppend = null!;
    private PostgresArray<Guid> _endingJob = null!;
    private PostgresArray<string> _endingOutcome = null!;
    private PostgresArray<ReadOnlyMemory<byte>> _endingNote = null!;
    private PostgresArray<long> _endingAt = null!;

    private PostgresArrays _watches = null!;
    private PostgresArray<int> _watchAppend = null!;
    private PostgresArray<Guid> _watchWatched = null!;
    private PostgresArray<Guid> _watchWatcher = null!;
    private PostgresArray<string> _watchKind = null!;
    private PostgresArray<bool> _watchAsks = null!;
    private PostgresArray<long> _watchAt = null!;

    private PostgresArrays _messages = null!;
    private PostgresArray<int> _messageAppend = null!;
    private PostgresArray<Guid> _messageTo = null!;
    private PostgresArray<Guid> _messageFrom = null!;
    private PostgresArray<string> _messageKind = null!;
    private PostgresArray<ReadOnlyMemory<byte>> _messagePayload = null!;
    private PostgresArray<long> _messageAt = null!;

    private PostgresArrays _deliveries = null!;
    private PostgresArray<string> _deliveryTenant = null!;
    private PostgresArray<Guid> _deliveryJob = null!;
    private PostgresArray<long> _deliverySequenceNr = null!;
    private PostgresArray<string> _deliveryEventType = null!;
    private PostgresArray<string> _deliveryUrl = null!;
    private PostgresArray<string> _deliveryJobStatus = null!;
    private PostgresArray<long> _deliveryAt = null!;

    private void DefineMail()
    {
        _involved = Group();
        _involvedJob = _involved.Ids("involved_job");

        _consumed = Group();
        _consumedId = _consumed.Longs("consumed_id");
        _consumedJob = _consumed.Ids("consumed_job");

        _answers = Group();
        _answeredCommand = _answers.Longs("answered_command");
        _answeredWith = _answers.Bytes("answered_with");

        _endings = Group();
        _endingAppend = _endings.Ints("ending_append");
        _endingJob = _endings.Ids("ending_job");
        _endingOutcome = _endings.Texts("ending_outcome");
        _endingNote = _endings.Bytes("ending_note");
        _endingAt = _endings.Longs("ending_at");

        _watches = Group();
        _watchAppend = _watches.Ints("watch_append");
        _watchWatched = _watches.Ids("watch_watched");
        _watchWatcher = _watches.Ids("watch_watcher");
        _watchKind = _watches.Texts("watch_kind");
        _watchAsks = _watches.Bools("watch_asks");
        _watchAt = _watches.Longs("watch_at");

        _messages = Group();
        _messageAppend = _messages.Ints("message_append");
        _messageTo = _messages.Ids("message_to");
        _messageFrom = _messages.Ids("message_from");
        _messageKind = _messages.Texts("message_kind");
        _messagePayload = _messages.Bytes("message_payload");
        _messageAt = _messages.Longs("message_at");

        _deliveries = Group();
        _deliveryTenant = _deliveries.Texts("delivery_tenant");
        _deliveryJob = _deliveries.Ids("delivery_job");
        _deliverySequenceNr = _deliveries.Longs("delivery_sequence_nr");
        _deliveryEventType = _deliveries.Texts("delivery_event_type");
        _deliveryUrl = _deliveries.Texts("delivery_url");
        _deliveryJobStatus = _deliveries.Texts("delivery_job_status");
        _deliveryAt = _deliveries.Longs("delivery_at");
    }

    /// <param name="append">Its place in the batch, from 1.</param>
    private void AddMail(AppendRequest request, int append)
    {
        var at = Micros(request.At);
        for (var i = 0; i < request.ConsumedMessages.Count; i++)
        {
            _consumed.Count++;
            _consumedId.Add(request.ConsumedMessages[i]);
            _consumedJob.Add(request.JobId.Value);
        }

        for (var i = 0; i < request.Answers.Count; i++)
        {
            _answers.Count++;
            _answeredCommand.Add(request.Answers[i].Command);
            _answeredWith.Add(request.Answers[i].Answer);
        }

        var ends = request.Row is { } row && row.Status.IsTerminal() && !request.StatusBefore.IsTerminal();
        if (ends) AddEnding(request, append, at);
        if (request.ChildOf is { } parent)
        {
            AddWatch(append, request.JobId, parent, WatchKind.Child, asks: false, at);
            if (ends) Involve(parent);
        }

        for (var i = 0; i < request.Watches.Count; i++) AddWatch(request, i, append, at);
        for (var i = 0; i < request.Messages.Count; i++) AddMessage(request, request.Messages[i], append, at);
        for (var i = 0; i < request.Deliveries.Count; i++) AddDelivery(request, request.Deliveries[i], at);
    }

    private void AddEnding(AppendRequest request, int append, long at)
    {
        _endings.Count++;
        _endingAppend.Add(append);
        _endingJob.Add(request.JobId.Value);
        _endingOutcome.Add(request.Row!.Status.ToText());
        _endingNote.Add(request.EndNote);
        _endingAt.Add(at);
    }

    /// <summary>One answer a watched job, also when it is watched for two reasons.</summary>
    private void AddWatch(AppendRequest request, int index, int append, long at)
    {
        var (watched, kind) = request.Watches[index];
        var asks = true;
        for (var earlier = 0; earlier < index; earlier++) asks &= request.Watches[earlier].Watched != watched;
        AddWatch(append, watched, request.JobId, kind, asks, at);
        Involve(watched);
        Involve(request.JobId);
    }

    private void AddWatch(int append, JobId watched, JobId watcher, string kind, bool asks, long at)
    {
        _watches.Count++;
        _watchAppend.Add(append);
        _watchWatched.Add(watched.Value);
        _watchWatcher.Add(watcher.Value);
        _watchKind.Add(kind);
        _watchAsks.Add(asks);
        _watchAt.Add(at);
    }

    private void AddMessage(AppendRequest request, NewMessage message, int append, long at)
    {
        _messages.Count++;
        _messageAppend.Add(append);
        _messageTo.Add(message.To.Value);
        _messageFrom.Add(request.JobId.Value);
        _messageKind.Add(PostgresText.Clean(message.Kind));
        _messagePayload.Add(message.Payload);
        _messageAt.Add(at);
        Involve(message.To);
    }

    private void AddDelivery(AppendRequest request, NewDelivery delivery, long at)
    {
        _deliveries.Count++;
        _deliveryTenant.Add(PostgresText.Clean(request.Address.Tenant));
        _deliveryJob.Add(request.JobId.Value);
        _deliverySequenceNr.Add(delivery.SequenceNr);
        _deliveryEventType.Add(PostgresText.Clean(delivery.EventType));
        _deliveryUrl.Add(PostgresText.Clean(delivery.Url));
        _deliveryJobStatus.Add(delivery.JobStatus.ToText());
        _deliveryAt.Add(at);
    }

    private void Involve(JobId job)
    {
        _involved.Count++;
        _involvedJob.Add(job.Value);
    }
}
