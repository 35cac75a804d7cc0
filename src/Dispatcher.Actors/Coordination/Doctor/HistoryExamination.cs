using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.Coordination.Doctor;

/// <summary>One job's events, one after the other: no gap, a creation first, one writer at a time, and a fold that succeeds.</summary>
/// <param name="plan">The workflow that the job pins; null if it is not known, and then nothing is folded.</param>
internal sealed class HistoryExamination(JobPlan? plan, WriterHistory writers)
{
    private const string Creation = "job.created";

    private readonly List<DoctorFinding> _findings = [];
    private long _expected = 1;
    private long _lastOrdering;
    private bool _folds = plan is not null;

    /// <summary>The state after all events; null if it could not be folded.</summary>
    public JobState? State => _folds && _expected > 1 ? Folded : null;

    public long Events { get; private set; }

    private JobState Folded { get; set; } = plan is null ? null! : JobState.Initial(plan);

    public IReadOnlyList<DoctorFinding> Run(StoredJob job, IEnumerable<StoredEvent> events)
    {
        foreach (var stored in events)
        {
            Number(job.Id, stored);
            Writer(job.Id, stored);
            if (_folds) Fold(job, stored);
            Events++;
        }

        if (Events == 0 && job.Row is not null) Find(DoctorProblem.EventsMissing, job.Id, "The job has a row and no event.");
        return _findings;
    }

    private void Number(JobId id, StoredEvent stored)
    {
        if (stored.SequenceNr != _expected)
        {
            Find(DoctorProblem.SequenceGap, id, $"Event {stored.SequenceNr} stands where event {_expected} should.");
            _folds = false;
        }
        else if (_expected == 1 && stored.Type != Creation)
        {
            Find(DoctorProblem.FirstEvent, id, $"The first event is {stored.Type}.");
            _folds = false;
        }

        _expected = stored.SequenceNr + 1;
    }

    private void Writer(JobId id, StoredEvent stored)
    {
        if (!writers.Note(stored.Writer, stored.Ordering)) Find(DoctorProblem.UnknownWriter, id, $"Event {stored.SequenceNr} was written by incarnation {stored.Writer}.");
        if (stored.Ordering <= _lastOrdering) Find(DoctorProblem.WriterOrder, id, $"Event {stored.SequenceNr} stands before event {stored.SequenceNr - 1} in the journal.");
        _lastOrdering = stored.Ordering;
    }

    private void Fold(StoredJob job, StoredEvent stored)
    {
        try
        {
            Folded = Folded.Evolve(EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span));
        }
        catch (Exception failure)
        {
            // Whatever the fold makes of bytes that somebody changed, it is this job's fault and hides no other.
            Find(DoctorProblem.JobUnreadable, job.Id, $"Event {stored.SequenceNr} ({stored.Type}) cannot be read: {failure.Message}");
            _folds = false;
            return;
        }

        if (stored.SequenceNr == job.SnapshotSequenceNr) CompareSnapshot(job);
    }

    /// <summary>One of another version is not used, and so harms nobody.</summary>
    private void CompareSnapshot(StoredJob job)
    {
        if (job.Snapshot is not { Version: SnapshotCodec.Version } snapshot || SnapshotCodec.Encode(Folded).AsSpan().SequenceEqual(snapshot.Payload.Span)) return;
        Find(DoctorProblem.SnapshotDiffers, job.Id, $"The state saved at event {job.SnapshotSequenceNr} is not the one that the events give.");
    }

    private void Find(DoctorProblem problem, JobId id, string detail) => _findings.Add(new DoctorFinding(problem, id, detail));
}
