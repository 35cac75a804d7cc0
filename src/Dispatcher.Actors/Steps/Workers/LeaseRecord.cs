using Dispatcher.Jobs;

namespace Dispatcher.Steps.Workers;

/// <summary>A lease as the journal has it.</summary>
internal abstract record LeaseRecord
{
    private LeaseRecord()
    {
    }

    /// <summary>The tenant has no such job, or its journal no such lease.</summary>
    public sealed record Unknown : LeaseRecord
    {
        public static Unknown Instance { get; } = new();
    }

    /// <summary>Its attempt has not ended, and nobody else has leased it.</summary>
    public sealed record Open : LeaseRecord
    {
        public static Open Instance { get; } = new();
    }

    /// <summary>It has ended.</summary>
    /// <param name="By">What ended it.</param>
    /// <param name="JobStatus">The job's status now.</param>
    public sealed record Ended(JobEvent By, JobStatus JobStatus) : LeaseRecord
    {
        /// <summary>The whole job has ended, or the attempt's time was over: nothing is wrong with the worker.</summary>
        public bool IsByJobOrTime =>
            By is JobEvent.Cancelled or JobEvent.Failed or JobEvent.Completed or JobEvent.Rejected
                or JobEvent.StepRetrying { Failure.Class: ErrorClass.Timeout } or JobEvent.StepFailed { Failure.Class: ErrorClass.Timeout };

        /// <summary>Whether it ended by this very answer.</summary>
        public bool EndedBy(WorkerAnswer answer) => (By, answer) switch
        {
            (JobEvent.StepCompleted e, WorkerAnswer.Completed completed) =>
                WorkerAnswer.AreEqual(e.Output, completed.Output)
                && completed.Artifacts.All(named => (e.Artifacts ?? []).Any(artifact => artifact.Path == named.Path)),
            (JobEvent.StepRetrying e, WorkerAnswer.Failed failed) => e.Failure == failed.Failure,
            (JobEvent.StepFailed e, WorkerAnswer.Failed failed) => e.Failure == failed.Failure,
            _ => false,
        };
    }
}
