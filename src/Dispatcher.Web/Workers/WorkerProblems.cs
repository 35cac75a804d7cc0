using System.Diagnostics;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;
using Dispatcher.Web.Problems;

namespace Dispatcher.Web.Workers;

/// <summary>Why a worker is not served, as refusals.</summary>
internal static class WorkerProblems
{
    /// <summary>Null when there is no fault.</summary>
    public static Refusal? Of(IEnumerable<RequestFault> faults) => faults.ToList() is { Count: > 0 } all ? Refusal.Of(all) : null;

    public static Refusal Of(DeskReply reply) => reply switch
    {
        DeskReply.Unknown => Because(ProblemCode.UnknownLease, "There is no such lease. Show it exactly as it was given."),
        DeskReply.Lost lost => Because(ProblemCode.LeaseLost, $"{lost.Sentence} Drop the task; nothing was changed.") with { More = StateOf(lost) },
        DeskReply.NotYet => ComeAgain(ProblemCode.NotReady, "The server has just started or is about to stop, and the lease holds. Give the answer again in a moment."),
        DeskReply.Refused refused => Because(CodeOf(refused.Fault), refused.Message),
        _ => throw new UnreachableException(),
    };

    public static Refusal ComeAgain(ProblemCode code, string detail) => Because(code, detail) with { RetryAfterSeconds = 1 };

    public static Refusal NoDesk() => Because(ProblemCode.NoWorkers, "This server runs no external workers: it was set up without the handler 'worker'.");

    private static Refusal Because(ProblemCode code, string detail) => new(code.Status, code.Name, detail);

    private static ProblemCode CodeOf(AnswerFault fault) => fault switch
    {
        AnswerFault.OutputTooLarge => ProblemCode.OutputTooLarge,
        AnswerFault.FileMissing => ProblemCode.ArtifactMissing,
        AnswerFault.FileTooLarge => ProblemCode.TooLarge,
        AnswerFault.PathNotAllowed => ProblemCode.ArtifactPath,
        AnswerFault.StorageFull => ProblemCode.StorageFull,
        _ => throw new UnreachableException(),
    };

    private static JsonObject StateOf(DeskReply.Lost lost)
    {
        var state = new JsonObject();
        if (lost.JobStatus is { } status) state["job_status"] = status.ToText();
        if (lost.EndedBy is { } name) state["ended_by"] = name;
        return state;
    }
}
