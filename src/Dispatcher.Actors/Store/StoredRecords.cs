using System.Collections.Immutable;
using Dispatcher.Jobs;

namespace Dispatcher.Store;

/// <summary>An event as read from the journal.</summary>
/// <param name="Ordering">Its place in the whole journal; grows, with gaps.</param>
/// <param name="SequenceNr">Its number within its job, from 1 without gaps.</param>
/// <param name="Writer">The incarnation that wrote it.</param>
public sealed record StoredEvent(long Ordering, long SequenceNr, long Writer, string Type, DateTimeOffset At, ReadOnlyMemory<byte> Payload);

/// <summary>What a replay needs: the newest snapshot and the events after it.</summary>
/// <param name="SnapshotSequenceNr">The number of the last event in the snapshot; 0 without one.</param>
public sealed record JobHistory(JobId Id, EncodedSnapshot? Snapshot, long SnapshotSequenceNr, IReadOnlyList<StoredEvent> Events)
{
    /// <summary>Messages that did not take effect yet, in their order.</summary>
    public IReadOnlyList<InboxMessage> Inbox { get; init; } = [];
}

/// <summary>A job that is due, with its history.</summary>
public sealed record DueJob(DateTimeOffset WakeAt, JobHistory History);

/// <summary>Where a reading of due jobs stopped.</summary>
public sealed record DueCursor(DateTimeOffset WakeAt, JobId Id);

/// <summary>
/// A job in the read model: narrow, and written only when something in it matters to lists or recovery.
/// </summary>
public sealed record JobRow
{
    public required JobId Id { get; init; }

    public required string Tenant { get; init; }

    public required string WorkflowName { get; init; }

    public required int WorkflowVersion { get; init; }

    public required JobStatus Status { get; init; }

    public required int Priority { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the job wants to be loaded; <see cref="Active"/> while it runs; null while it waits for somebody or has ended.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>What it waits for, in one word (<c>approval</c>, <c>dependencies</c>, <c>pause</c>, <c>time</c>, <c>child</c>), if it waits for somebody, or why it is parked.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>What a job waits for when its node does not have a handler that one of its steps needs.</summary>
    public const string ParkedForHandler = "handler";

    /// <summary>What a job waits for when its node cannot read its history: a newer version wrote it, or its workflow is not there.</summary>
    public const string ParkedForVersion = "version";

    public string? CorrelationId { get; init; }

    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    /// <summary>The wake-up time of a job that has something to do now: always due.</summary>
    public static DateTimeOffset Active { get; } = DateTimeOffset.UnixEpoch;
}

/// <summary>Which jobs to list, newest first. All given filters hold together.</summary>
public sealed record JobQuery
{
    public string? Tenant { get; init; }

    public JobStatus? Status { get; init; }

    public string? WorkflowName { get; init; }

    /// <summary>Words and <c>label=value</c> pairs, lower case; a job must have been created with each (<see cref="AppendRequest.Terms"/>). Needs <see cref="Tenant"/>.</summary>
    public IReadOnlyList<string> Terms { get; init; } = [];

    /// <summary>Created at this time or later, to the millisecond, as the job's id tells it.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Created before this time, to the millisecond, as the job's id tells it.</summary>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <summary>Only jobs with an id before this one.</summary>
    public JobId? Before { get; init; }

    /// <summary>1..1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Index entries that one page looks at, at the most: with filters that few jobs pass, a page is short and not slow.</summary>
    public int ScanLimit { get; init; } = 1000;
}

/// <summary>Asks for the newest job that has a label with this value, among the newest <see cref="ScanLimit"/> of them.</summary>
/// <param name="Status">The status that it must have; null for any.</param>
/// <param name="ChangedAfter">It must have changed (ended, if it has) after this time; null for any.</param>
public sealed record NewestJobQuery(string Tenant, string Label, string Value, JobStatus? Status = null, DateTimeOffset? ChangedAfter = null)
{
    public const int ScanLimit = 2000;

    /// <summary>The term by which it is looked for. Terms are lower case and cut, so others may have it too.</summary>
    internal string Term => JobTerms.Spell($"{Label}={Value}");

    internal bool Fits(JobRow row) => (Status is null || row.Status == Status)
        && (ChangedAfter is not { } time || row.UpdatedAt > time)
        && row.Labels is { } labels && labels.TryGetValue(Label, out var value) && value == Value;
}

/// <summary>A page of jobs.</summary>
/// <param name="Next">Where the next page begins (<see cref="JobQuery.Before"/>); null at the end. A page may be short, even empty, and have a next one.</param>
public sealed record JobPage(IReadOnlyList<JobRow> Rows, JobId? Next);

/// <summary>How many jobs of a workflow are in a status; kept up to date by the appends themselves.</summary>
public sealed record JobCount(string Tenant, string WorkflowName, JobStatus Status, long Jobs);

/// <summary>An event of the journal with its job's address, as a live feed tells it.</summary>
public sealed record JournalEntry(
    long Ordering, JobId JobId, long SequenceNr, JobAddress Address, string Type, DateTimeOffset At, ReadOnlyMemory<byte> Payload);

/// <summary>A page of the journal.</summary>
/// <param name="Next">The ordering up to which this page has looked; where it began when there was nothing more.</param>
/// <param name="IsLast">True when the journal had nothing after this page.</param>
public sealed record JournalPage(IReadOnlyList<JournalEntry> Entries, long Next, bool IsLast);

/// <summary>A workflow definition in the store.</summary>
/// <param name="Hash">SHA-256 of the definition, lower-case hex.</param>
/// <param name="Definition">The definition's canonical JSON.</param>
public sealed record StoredWorkflow(string Hash, string Name, int Version, string Definition);

/// <summary>A version in a tenant's registry.</summary>
public sealed record RegisteredWorkflow(string Name, int Version, string Hash, DateTimeOffset RegisteredAt);

public enum WorkflowRegistration
{
    /// <summary>It is new.</summary>
    Registered,

    /// <summary>The very same definition was there.</summary>
    Same,

    /// <summary>Another definition was registered under this name and version first; nothing was written.</summary>
    Different,
}
