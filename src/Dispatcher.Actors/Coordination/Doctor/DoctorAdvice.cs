namespace Dispatcher.Coordination.Doctor;

/// <summary>For whoever reads a report: what each problem means for the jobs, and what to do.</summary>
public static class DoctorAdvice
{
    private const string Report = "This is a fault of Dispatcher: please report it with this output.";
    private const string Restore = "Restore a backup if the job matters; this data cannot be trusted for it.";
    private const string Command = "Give the job any command (`dispatcher job pause` and `resume`): its row is written anew.";

    /// <summary>What it means, and what to do; two sentences or more.</summary>
    public static (string Meaning, string Action) Of(DoctorProblem problem) => problem switch
    {
        DoctorProblem.DatabaseDamaged => ("The file of the database is damaged: a disk or memory fault, or something else wrote into it.", "Stop the server, keep a copy of the data directory, and restore the newest backup."),
        DoctorProblem.SequenceGap => ("Events of the job are gone or stand twice.", Restore),
        DoctorProblem.FirstEvent => ("The job's history does not begin with its creation.", Restore),
        DoctorProblem.EventsMissing => ("The job is listed, and nothing is known of it.", Restore),
        DoctorProblem.RowMissing => ("The job has a history and is in no list; it does not run.", Restore),
        DoctorProblem.RowUnreadable => ("The job's row in the lists holds something that this version does not know.", "Run the version that wrote it, or a newer one."),
        DoctorProblem.RowDiffers => ("Lists and wake-ups show something else than the job's history.", Command + " " + Report),
        DoctorProblem.JobUnreadable => ("The job's history cannot be understood here, so the job is parked; nothing is lost.", "Register what is missing, or run the version that wrote it."),
        DoctorProblem.InvariantBroken => ("The job's history leads to a state that must never be; the server refuses to go on with it.", "Cancel the job and submit it again. " + Report),
        DoctorProblem.SnapshotDiffers => ("The saved state of the job is not what its events give.", "Nothing is lost, since the events tell all. " + Report),
        DoctorProblem.Stuck => ("The job has not ended, and nothing will ever wake it.", Command + " " + Report),
        DoctorProblem.LostWakeUp => ("The job waits for another one that has ended, and was not told.", "Cancel the job and submit it again without that dependency. " + Report),
        DoctorProblem.Overdue => ("The job's time has come and the running server did not wake it.", "Restart the server: a start wakes all that are due. " + Report),
        DoctorProblem.CounterWrong => ("Statistics show a wrong number of jobs; no job is harmed.", Report),
        DoctorProblem.StrayMessage => ("A message waits for a job that is not there; nobody will read it.", "No job is harmed. " + Report),
        DoctorProblem.SleepingMail => ("A job has mail and is not awake to read it.", "Restart the server, and look again. " + Report),
        DoctorProblem.StrayRow => ("Something that belongs to no job was left behind; it wastes space, and a stray idempotency key refuses a new job.", "No job is harmed. " + Report),
        DoctorProblem.NotListed => ("Lists by workflow do not find the job.", Report),
        DoctorProblem.WriterOrder => ("Two processes have written in turn: the lock of the data directory did not hold.", "Check that the data directory is on a local disk and that one server runs. Restore a backup if jobs are wrong."),
        DoctorProblem.UnknownWriter => ("Events name a writing process that the store does not know.", "Something else than Dispatcher wrote into the database. Restore a backup."),
        DoctorProblem.TwoWriters => ("More than one process is noted as alive.", "Stop all servers of this data directory and start one. " + Report),
        DoctorProblem.ArtifactMissing => ("A file that a step left is gone.", "Restore it from a backup, or recover the job from the step that made it (`dispatcher job recover`)."),
        DoctorProblem.ArtifactSize => ("A file that a step left has another size than when it was recorded: somebody changed it.", "Restore it from a backup, or recover the job from the step that made it (`dispatcher job recover`)."),
        DoctorProblem.QuotaWrong => ("A tenant's account of a meter does not agree with its reservations and its ledger, or a job holds or was charged something else than its history says.", "What was charged is in the ledger. " + Report),
        _ => throw new ArgumentOutOfRangeException(nameof(problem), problem, null),
    };
}
