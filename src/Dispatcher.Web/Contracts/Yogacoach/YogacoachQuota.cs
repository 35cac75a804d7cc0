using System.Text.Json;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Quotas;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.Yogacoach;

/// <summary>
/// The contract's <c>plan_quota_guard</c>: four actions on the tenant's account of analysis minutes, for callers that run a pipeline themselves. Jobs need none of them: their
/// workflow's <c>quota</c> does the same in the appends of their first and last event.
/// </summary>
internal sealed class YogacoachQuota(DispatcherEngine engine)
{
    public const string Meter = "analysis-minutes";

    /// <summary>After which time a reservation that nobody settled is free again.</summary>
    private static readonly TimeSpan Ttl = TimeSpan.FromHours(2);

    private const string NoUpgrade = "Upgrade the plan to analyse more, or wait until its next period.";

    private static readonly string[] Fields = ["action", "resource_request", "reservation_id"];
    private static readonly string[] RequestFields = ["estimated_billable_minutes", "actual_video_minutes", "analysis_sampling_minutes"];
    private static readonly string[] Actions = ["check", "reserve", "commit", "rollback"];

    private readonly IdGenerator _ids = new(engine.Time);

    /// <summary>Why there is not enough, and what to do about it.</summary>
    public static ContractError Short(QuotaShortage shortage) => ContractError.Of(
        StatusCodes.Status402PaymentRequired, QuotaShortage.Code, shortage.ToRejection().Message, new JsonObject
        {
            ["allowed"] = false,
            ["plan"] = shortage.Plan,
            ["needed_minutes"] = shortage.Needed,
            ["suggestion"] = shortage.Upgrade ?? NoUpgrade,
            ["quota_snapshot"] = Snapshot(shortage.Remaining, shortage.Limit, shortage.Used),
        });

    public async Task<IResult> Act(JsonElement body, Caller caller, HttpContext http)
    {
        if (Envelope.TenantFault(caller, http) is { } foreign) return foreign;
        var (order, fault) = Read(body);
        if (order is null) return fault!;
        var (tenant, reservation) = (caller.Tenant, order.Reservation ?? _ids.NextJobId().ToString());
        return order.Action switch
        {
            "check" => await Check(tenant, order.Minutes),
            "reserve" => Answer(await engine.Quota.Reserve(tenant, Meter, reservation, order.Minutes, Ttl), reservation),
            "commit" => Answer(await engine.Quota.Commit(tenant, Meter, reservation, order.Minutes), reservation),
            _ => Answer(await engine.Quota.Rollback(tenant, Meter, reservation), reservation),
        };
    }

    /// <summary>Reserves nothing; that there is not enough is an answer, and no refusal.</summary>
    private async Task<IResult> Check(string tenant, decimal minutes)
    {
        var (shortage, account) = await engine.Quota.Check(tenant, Meter, minutes);
        var body = new JsonObject { ["allowed"] = shortage is null, ["quota_snapshot"] = Snapshot(account?.Remaining ?? 0, account?.Limit ?? 0, account?.Used ?? 0) };
        if (shortage is not null) body["suggestion"] = shortage.Upgrade ?? NoUpgrade;
        return new ContractJson(StatusCodes.Status200OK, body);
    }

    private static IResult Answer(QuotaResult result, string reservation) => result switch
    {
        QuotaResult.Done done => new ContractJson(StatusCodes.Status200OK, new JsonObject
        {
            ["allowed"] = true,
            ["reservation_id"] = reservation,
            ["reserved_minutes"] = done.Hold.Amount,
            ["charged_minutes"] = done.Hold.Charged,
            ["overage_minutes"] = done.Hold.Overage,
            ["quota_snapshot"] = Snapshot(done.Account.Remaining, done.Account.Limit, done.Account.Used),
        }),
        QuotaResult.Short { Shortage: var shortage } => Short(shortage),
        QuotaResult.Conflict { Hold: var hold } => ContractError.Of(StatusCodes.Status409Conflict, "quota-conflict", ConflictOf(hold)),
        _ => ContractError.Of(StatusCodes.Status404NotFound, "not-found", $"There is no reservation {reservation}."),
    };

    private static string ConflictOf(QuotaHold hold) => hold switch
    {
        { Job: { } job } => $"The reservation {hold.Reservation} is that of the job {job}, which settles it itself.",
        { Status: QuotaHoldStatus.Committed } => $"The reservation {hold.Reservation} is committed, and stays so.",
        { Status: QuotaHoldStatus.RolledBack } => $"The reservation {hold.Reservation} was rolled back; reserve anew under another id.",
        { Status: QuotaHoldStatus.Expired } => $"The time of the reservation {hold.Reservation} was over; commit what was used, or reserve anew under another id.",
        _ => $"The reservation {hold.Reservation} holds {hold.Amount} minutes; reserve another amount under another id.",
    };

    private static JsonObject Snapshot(long remaining, long limit, long used) => new() { ["remaining_minutes"] = remaining, ["plan_limit"] = limit, ["used_minutes"] = used };

    private static (Order? Order, ContractError? Fault) Read(JsonElement body)
    {
        var faults = new List<RequestFault>();
        foreach (var name in UnknownNames.In(body, Fields)) faults.Add(new RequestFault(name, $"is no field of the request; those are {string.Join(", ", Fields)}"));
        var action = body.TryGetProperty("action", out var word) && word.ValueKind == JsonValueKind.String ? word.GetString()! : "";
        if (!Actions.Contains(action, StringComparer.Ordinal)) faults.Add(new RequestFault("action", $"must be one of {string.Join(", ", Actions)}"));
        var reservation = Reservation(body, faults);
        if (reservation is null && action is "commit" or "rollback") faults.Add(new RequestFault("reservation_id", $"is missing: {action} ends a reservation"));
        if (action == "reserve") QuotaChecks.AddFaultOfNewName(reservation, faults);
        // Billed are the minutes of analysed segments, not those of the video.
        var minutes = Minutes(body, faults);
        var wanted = action == "commit" ? "analysis_sampling_minutes" : "estimated_billable_minutes";
        if (action is not "rollback" and not "" && !minutes.ContainsKey(wanted)) faults.Add(new RequestFault($"resource_request.{wanted}", $"is missing: {action} needs it"));
        return faults.Count > 0
            ? (null, ContractError.Of(StatusCodes.Status400BadRequest, "invalid-request", faults))
            : (new Order(action, reservation, minutes.GetValueOrDefault(wanted)), null);
    }

    private static string? Reservation(JsonElement body, List<RequestFault> faults)
    {
        if (!body.TryGetProperty("reservation_id", out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= IQuotaStore.ReservationCharacters } text && !text.Any(char.IsControl)) return text;
        faults.Add(new RequestFault("reservation_id", $"must be a text of 1 to {IQuotaStore.ReservationCharacters} characters"));
        return null;
    }

    private static Dictionary<string, decimal> Minutes(JsonElement body, List<RequestFault> faults)
    {
        var minutes = new Dictionary<string, decimal>(StringComparer.Ordinal);
        if (!body.TryGetProperty("resource_request", out var request) || request.ValueKind == JsonValueKind.Null) return minutes;
        if (request.ValueKind != JsonValueKind.Object)
        {
            faults.Add(new RequestFault("resource_request", "must be an object"));
            return minutes;
        }

        foreach (var name in UnknownNames.In(request, RequestFields)) faults.Add(new RequestFault($"resource_request.{name}", $"is no field; those are {string.Join(", ", RequestFields)}"));
        foreach (var name in RequestFields)
        {
            if (!request.TryGetProperty(name, out var field)) continue;
            if (field.ValueKind == JsonValueKind.Number && field.TryGetDecimal(out var value) && value is >= 0 and <= JobLimits.QuotaAmount) minutes[name] = value;
            else faults.Add(new RequestFault($"resource_request.{name}", $"must be minutes from 0 to {JobLimits.QuotaAmount}"));
        }

        return minutes;
    }

    private sealed record Order(string Action, string? Reservation, decimal Minutes);
}
