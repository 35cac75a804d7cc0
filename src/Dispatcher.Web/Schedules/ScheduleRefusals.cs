using Dispatcher.Coordination.Scheduling;
using Dispatcher.Jobs;
using Dispatcher.Web.Jobs;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Schedules;

/// <summary>What is refused of schedules, patterns and their jobs, in the words of HTTP.</summary>
internal static class ScheduleRefusals
{
    public static Refusal Of(ScheduleOutcome outcome) => outcome.Faults is { Count: > 0 } faults
        ? Refusal.Of([.. faults.Select(fault => new RequestFault(fault.Path, fault.Message))], StatusCodes.Status400BadRequest, "invalid-schedule")
        : Of(outcome.Refusal!);

    public static Refusal Of(Rejection rejection)
    {
        int? status = rejection.Code switch
        {
            "unknown-schedule" or "unknown-pattern" => StatusCodes.Status404NotFound,
            "schedule-cycle" or "invalid-params" => StatusCodes.Status422UnprocessableEntity,
            "invalid-schedule" or "invalid-range" => StatusCodes.Status400BadRequest,
            _ => null,
        };
        var refusal = Rejections.ToRefusal(rejection);
        return status is { } own ? refusal with { Status = own } : refusal;
    }

    public static Refusal Unknown(string id) => Of(ScheduleOutcome.Unknown(id));
}
