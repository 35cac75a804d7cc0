using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// Puts histories together from the rows of <see cref="PostgresSql.ReadHistory"/>, <see cref="PostgresSql.ReadHistories"/> and <see cref="PostgresSql.ReadDue"/>. The rows of a kind come in whatever
/// order the plan gives, so the events are put in theirs here.
/// </summary>
internal sealed class PostgresHistories
{
    private const int PlaceColumn = 0, KindColumn = 1, FirstNumber = 2, SecondNumber = 3, ThirdNumber = 4, Word = 5, Outcome = 6, IdColumn = 7, AtColumn = 8, Payload = 9;

    private readonly List<Part> _parts = [];

    public void Add(NpgsqlDataReader row)
    {
        var part = At(row.GetInt32(PlaceColumn));
        switch (row.GetInt32(KindColumn))
        {
            case 0:
                (part.Id, part.WakeAt) = (row.Id(IdColumn), row.Time(AtColumn));
                if (row.IsDBNull(FirstNumber)) break;
                part.SnapshotSequenceNr = row.GetInt64(FirstNumber);
                part.Snapshot = new EncodedSnapshot((int)row.GetInt64(SecondNumber), row.Bytes(Payload));
                break;
            case 1:
                part.Events.Add(new StoredEvent(
                    row.GetInt64(FirstNumber), row.GetInt64(SecondNumber), row.GetInt64(ThirdNumber), row.GetString(Word), row.Time(AtColumn), row.Bytes(Payload)));
                break;
            default:
                // The receiver is not known before its own row is read.
                part.Inbox.Add(new InboxMessage(
                    row.GetInt64(FirstNumber), default, row.Id(IdColumn), row.GetString(Word), StoredText.Status<JobStatus>(row.GetString(Outcome)), row.Bytes(Payload)));
                break;
        }
    }

    /// <summary>The only job; null when nothing is stored of it.</summary>
    public JobHistory? One()
    {
        Check.That(_parts.Count == 1);
        return _parts[0].Found();
    }

    /// <summary>The jobs in their places; null for one of which nothing is stored.</summary>
    public IReadOnlyList<JobHistory?> All() => [.. _parts.Select(part => part.Found())];

    /// <summary>Jobs that are there, in their places.</summary>
    public IReadOnlyList<DueJob> Due()
    {
        var due = new DueJob[_parts.Count];
        for (var i = 0; i < due.Length; i++)
        {
            var history = _parts[i].History();
            Check.That(history.Snapshot is not null || history.Events.Count > 0);
            due[i] = new DueJob(_parts[i].WakeAt, history);
        }

        return due;
    }

    private Part At(int place)
    {
        while (_parts.Count < place) _parts.Add(new Part());
        return _parts[place - 1];
    }

    private sealed class Part
    {
        public JobId Id { get; set; }

        public DateTimeOffset WakeAt { get; set; }

        public EncodedSnapshot? Snapshot { get; set; }

        public long SnapshotSequenceNr { get; set; }

        public List<StoredEvent> Events { get; } = [];

        public List<InboxMessage> Inbox { get; } = [];

        public JobHistory? Found() => Snapshot is null && Events.Count == 0 ? null : History();

        public JobHistory History()
        {
            Events.Sort(static (one, other) => one.SequenceNr.CompareTo(other.SequenceNr));
            Inbox.Sort(static (one, other) => one.Id.CompareTo(other.Id));
            var history = new JobHistory(Id, Snapshot, SnapshotSequenceNr, Events);
            return Inbox.Count == 0 ? history : history with { Inbox = [.. Inbox.Select(message => message with { To = Id })] };
        }
    }
}
