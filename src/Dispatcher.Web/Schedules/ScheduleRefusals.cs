using Dispatcher.Coordination.Scheduling;
using Dispatcher.Jobs;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Schedules;

/// <summary>What is refused of schedules and patterns, in the words of HTTP.</summary>
internal static class ScheduleRefusals
{
    public static Refusal Of(ScheduleOutcome outcome) => outcome.Faults is { Count: > 0 } faults
        ? Refusal.Of([.. faults.Select(fault => new RequestFault(fault.Path, fault.Message))], StatusCodes.Status400BadRequest, "invalid-schedule")
        : Of(outcome.Refusal!);

    public static Refusal Of(Rejection rejection) => new(StatusOf(rejection.Code), rejection.Code, rejection.Message);

    public static Refusal Unknown(string id) => Of(ScheduleOutcome.Unknown(id));

    private static int StatusOf(string code) => code switch
    {
        "unknown-schedule" or "unknown-workflow" or "unknown-pattern" => StatusCodes.Status404NotFound,
        "unknown-dependency" or "schedule-cycle" or "invalid-input" or "invalid-params" => StatusCodes.Status422UnprocessableEntity,
        "schedule-conflict" or "too-many-schedules" => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status400BadRequest,
    };
}
