using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.Coordination.Doctor;

/// <summary>Everything that a check of the store can find; stable words for scripts. What each means and what to do: <see cref="DoctorAdvice"/>.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<DoctorProblem>))]
public enum DoctorProblem
{
    DatabaseDamaged,
    SequenceGap,
    FirstEvent,
    EventsMissing,
    RowMissing,
    RowUnreadable,
    RowDiffers,
    JobUnreadable,
    InvariantBroken,
    SnapshotDiffers,
    Stuck,
    LostWakeUp,
    Overdue,
    CounterWrong,
    StrayMessage,
    SleepingMail,
    StrayRow,
    NotListed,
    WriterOrder,
    UnknownWriter,
    TwoWriters,
    ArtifactMissing,
    ArtifactSize,
    QuotaWrong,
}

/// <summary>One fault.</summary>
/// <param name="Job">The job that it concerns, if it concerns one.</param>
/// <param name="Detail">What is wrong, with the values.</param>
public sealed record DoctorFinding(DoctorProblem Problem, JobId? Job, string Detail);
