using System.Text.Json.Nodes;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Web.Jobs.Reading;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Jobs;

/// <summary>What the law refuses, in the words of HTTP.</summary>
internal static class Rejections
{
    public static Refusal ToRefusal(Rejection rejection) => new(StatusOf(rejection.Code), rejection.Code, rejection.Message)
    {
        Quota = rejection.Quota,
        RetryAfterSeconds = rejection.Code == ParkedJob.Code ? ParkedJob.RetryAfterSeconds : null,
    };

    /// <summary>With the job as it is, so that the caller need not ask.</summary>
    public static Refusal ToRefusal(CommandReply.Refused refused) => ToRefusal(refused.Rejection) with
    {
        More = refused.State is { } state
            ? new JsonObject
            {
                ["job_id"] = state.Id.ToString(),
                ["job_status"] = state.Status.ToText(),
                ["version"] = state.SequenceNr,
                ["allowed"] = new JsonArray([.. refused.Allowed.Select(word => (JsonNode)word)]),
            }
            : null,
    };

    private static int StatusOf(string code) => code switch
    {
        "not-found" or "unknown-step" or "unknown-workflow" => StatusCodes.Status404NotFound,
        QuotaShortage.Code => StatusCodes.Status402PaymentRequired,
        "version-conflict" => StatusCodes.Status412PreconditionFailed,
        "payload-too-large" => StatusCodes.Status413PayloadTooLarge,
        "invalid-input" or "unknown-dependency" or "unknown-parent" or "self-dependency" or "invalid-quota" => StatusCodes.Status422UnprocessableEntity,
        "reason-too-long" or "invalid-priority" or "invalid-key" or "invalid-label" or "too-many-labels" or "too-many-dependencies" or "invalid-tenant" or "invalid-callback" =>
            StatusCodes.Status400BadRequest,
        ParkedJob.Code => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status409Conflict,
    };
}
