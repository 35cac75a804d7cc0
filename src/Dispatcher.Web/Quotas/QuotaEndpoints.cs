using System.Globalization;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.OpenApi;
using Dispatcher.Web.Problems;
using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Quotas;

/// <summary>The tenant's accounts of meters: plans, and orders of callers that run no job.</summary>
internal static class QuotaEndpoints
{
    private const int MaxLimit = 200;
    private const int DefaultLimit = 50;

    public static void MapQuota(this IEndpointRouteBuilder api)
    {
        var quota = api.MapGroup("/quota").WithTags("quota").Refuses(ProblemCode.InvalidRequest);
        quota.MapGet("", List).WithName("listQuota").RequireRole(Role.Viewer).Refuses(ProblemCode.InvalidCursor);
        quota.MapGet("/{meter}", Show).WithName("getQuota").RequireRole(Role.Viewer).Refuses(ProblemCode.NotFound);
        quota.MapPut("/{meter}", Set).WithName("setQuota").RequireRole(Role.Admin).Refuses(ProblemCode.QuotaInUse)
            .WithExample("""{"plan":"pro","limit":600,"upgrade":"https://example.org/plans"}""");
        quota.MapPost("/{meter}/check", Check).WithName("checkQuota").RequireRole(Role.Viewer).WithExample("""{"amount":15}""");
        quota.MapPost("/{meter}/reserve", Reserve).WithName("reserveQuota").RequireRole(Role.Submitter).Refuses(ProblemCode.QuotaExceeded, ProblemCode.QuotaConflict)
            .WithExample("""{"amount":15,"reservation_id":"session-42","hold":"2h"}""");
        quota.MapPost("/{meter}/commit", Commit).WithName("commitQuota").RequireRole(Role.Submitter).Refuses(ProblemCode.UnknownReservation, ProblemCode.QuotaConflict)
            .WithExample("""{"reservation_id":"session-42","amount":11.4}""");
        quota.MapPost("/{meter}/rollback", Rollback).WithName("rollbackQuota").RequireRole(Role.Submitter).Refuses(ProblemCode.UnknownReservation, ProblemCode.QuotaConflict)
            .WithExample("""{"reservation_id":"session-42"}""");
        quota.MapGet("/{meter}/ledger", Ledger).WithName("listQuotaLedger").RequireRole(Role.Viewer).Refuses(ProblemCode.InvalidCursor);
    }

    /// <summary>List accounts</summary>
    /// <remarks>What the tenant may use of each meter, and what it uses.</remarks>
    internal static async Task<Results<Ok<QuotaPage>, ProblemHttpResult>> List([AsParameters] QuotaPageRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (!TryPage(request, QuotaCursor.Accounts, http, out var after, out var limit, out var refusal)) return refusal!.ToProblem(http);
        var accounts = await engine.Quota.List(caller.Tenant, after, limit);
        return TypedResults.Ok(new QuotaPage([.. accounts.Select(QuotaView.Of)], accounts.Count == limit ? QuotaCursor.Accounts.Write(accounts[^1].Meter) : null));
    }

    /// <summary>Show an account</summary>
    /// <remarks>Reservations whose time is over count as free.</remarks>
    /// <param name="meter">The meter's name.</param>
    internal static async Task<Results<Ok<QuotaView>, ProblemHttpResult>> Show(string meter, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (QuotaChecks.RefusalOfMeter(meter) is { } refusal) return refusal.ToProblem(http);
        return await engine.Quota.Find(caller.Tenant, meter) is { } account
            ? TypedResults.Ok(QuotaView.Of(account))
            : Refusal.NotFound($"No plan is set for the meter {meter}; an administrator sets one: dispatcher quota set {meter}.").ToProblem(http);
    }

    /// <summary>Set an account's plan</summary>
    /// <remarks>Makes the account if there is none. What is used stays used, unless a new period begins.</remarks>
    /// <param name="meter">The meter's name.</param>
    internal static async Task<Results<Ok<QuotaView>, ProblemHttpResult>> Set(string meter, SetQuotaRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (QuotaChecks.RefusalOfMeter(meter) is { } refusal) return refusal.ToProblem(http);
        if (QuotaChecks.Faults(request) is { Count: > 0 } faults) return Refusal.Of(faults).ToProblem(http);
        var tenant = request.Tenant ?? caller.Tenant;
        if (tenant != caller.Tenant && !caller.IsLocalOperator)
            return Problem.Of(StatusCodes.Status403Forbidden, "forbidden", $"You set the plans of your own tenant, {caller.Tenant}; the operator of the machine sets those of others, there.");
        var (account, isSet) = await engine.Quota.SetPlan(tenant, meter, new QuotaPlan(request.Plan, request.Limit, request.Upgrade, request.Period));
        if (isSet) return TypedResults.Ok(QuotaView.Of(account));
        return new Refusal(
            StatusCodes.Status409Conflict, "quota-in-use",
            $"The limit {request.Limit} is less than what is in use: {account.Used} used and {account.Reserved} reserved. Set at least {account.Used + account.Reserved}, wait for what runs, or begin a new period with period.").ToProblem(http);
    }

    /// <summary>Ask whether there is enough</summary>
    /// <remarks>Reserves nothing, so it may be different a moment later.</remarks>
    /// <param name="meter">The meter's name.</param>
    internal static async Task<Results<Ok<QuotaCheckView>, ProblemHttpResult>> Check(string meter, CheckQuotaRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (RefusalOf(meter, QuotaChecks.Faults(request.Amount, null)) is { } refusal) return refusal.ToProblem(http);
        var (shortage, account) = await engine.Quota.Check(caller.Tenant, meter, request.Amount);
        return TypedResults.Ok(new QuotaCheckView(shortage is null, (long)decimal.Ceiling(request.Amount), account is null ? null : QuotaView.Of(account)));
    }

    /// <summary>Reserve units</summary>
    /// <remarks>They are kept until they are committed, rolled back, or the time is over. The same reservation again is answered with 200 and changes nothing, while it is held.</remarks>
    /// <param name="meter">The meter's name.</param>
    internal static async Task<Results<Created<ReservationView>, Ok<ReservationView>, ProblemHttpResult>> Reserve(
        string meter, ReserveQuotaRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var faults = QuotaChecks.Faults(request.Amount, request.ReservationId);
        QuotaChecks.AddFaultOfNewName(request.ReservationId, faults);
        var hold = QuotaChecks.Hold(request.Hold, faults);
        if (RefusalOf(meter, faults) is { } refusal) return refusal.ToProblem(http);
        var reservation = request.ReservationId ?? engine.Gateway.NextJobId().ToString();
        return await engine.Quota.Reserve(caller.Tenant, meter, reservation, request.Amount, hold) switch
        {
            QuotaResult.Done { Changed: true } done => TypedResults.Created((string?)null, ReservationView.Of(done)),
            QuotaResult.Done done => TypedResults.Ok(ReservationView.Of(done)),
            var refused => RefusalOf(refused, reservation).ToProblem(http),
        };
    }

    /// <summary>Commit what was used</summary>
    /// <remarks>Charges it, less or more than was reserved, also after the reservation's time; what finds no room in the limit is overage. Again, it changes nothing.</remarks>
    /// <param name="meter">The meter's name.</param>
    internal static async Task<Results<Ok<ReservationView>, ProblemHttpResult>> Commit(string meter, CommitQuotaRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (RefusalOf(meter, QuotaChecks.Faults(request.Amount, request.ReservationId)) is { } refusal) return refusal.ToProblem(http);
        var result = await engine.Quota.Commit(caller.Tenant, meter, request.ReservationId, request.Amount);
        return result is QuotaResult.Done done ? TypedResults.Ok(ReservationView.Of(done)) : RefusalOf(result, request.ReservationId).ToProblem(http);
    }

    /// <summary>Roll a reservation back</summary>
    /// <remarks>Its units are free again, and nothing is charged. Again, it changes nothing.</remarks>
    /// <param name="meter">The meter's name.</param>
    internal static async Task<Results<Ok<ReservationView>, ProblemHttpResult>> Rollback(string meter, RollbackQuotaRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (RefusalOf(meter, QuotaChecks.Faults(0, request.ReservationId)) is { } refusal) return refusal.ToProblem(http);
        var result = await engine.Quota.Rollback(caller.Tenant, meter, request.ReservationId);
        return result is QuotaResult.Done done ? TypedResults.Ok(ReservationView.Of(done)) : RefusalOf(result, request.ReservationId).ToProblem(http);
    }

    /// <summary>Show an account's ledger</summary>
    /// <remarks>All that happened to it, newest first, each with the account as it stood then.</remarks>
    /// <param name="meter">The meter's name.</param>
    internal static async Task<Results<Ok<LedgerPage>, ProblemHttpResult>> Ledger(
        string meter, [AsParameters] QuotaPageRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        if (QuotaChecks.RefusalOfMeter(meter) is { } wrong) return wrong.ToProblem(http);
        if (!TryPage(request, QuotaCursor.Ledger, http, out var last, out var limit, out var refusal)) return refusal!.ToProblem(http);
        long? before = null;
        if (last is not null)
        {
            if (!long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return InvalidCursor().ToProblem(http);
            before = number;
        }

        var entries = await engine.Quota.Ledger(caller.Tenant, meter, before, limit);
        var next = entries.Count == limit ? QuotaCursor.Ledger.Write(entries[^1].Id.ToString(CultureInfo.InvariantCulture)) : null;
        return TypedResults.Ok(new LedgerPage([.. entries.Select(LedgerEntryView.Of)], next));
    }

    private static Refusal? RefusalOf(string meter, List<RequestFault> faults) =>
        QuotaChecks.RefusalOfMeter(meter) ?? (faults.Count > 0 ? Refusal.Of(faults) : null);

    private static Refusal RefusalOf(QuotaResult result, string reservation) => result switch
    {
        QuotaResult.Short { Shortage: var shortage } => Jobs.Rejections.ToRefusal(shortage.ToRejection()),
        QuotaResult.Conflict { Hold: { Job: { } job } } =>
            new Refusal(StatusCodes.Status409Conflict, "quota-conflict", $"The reservation is the job {job}'s, and ends with it."),
        QuotaResult.Conflict { Hold: var hold } => new Refusal(
            StatusCodes.Status409Conflict, "quota-conflict", $"The reservation was made for {hold.Amount} units and {StateOf(hold)}; give another reservation_id for something else."),
        _ => Refusal.NotFound($"The account has no reservation '{Excerpt.Of(reservation, 40)}'.", "unknown-reservation"),
    };

    private static string StateOf(QuotaHold hold) => hold switch
    {
        { Status: QuotaHoldStatus.Held, ExpiresAt: { } end } => string.Create(CultureInfo.InvariantCulture, $"is held until {end:yyyy-MM-ddTHH:mm:ssZ}"),
        _ => $"is {hold.Status.ToText()}",
    };

    private static bool TryPage(QuotaPageRequest request, QuotaCursor cursors, HttpContext http, out string? after, out int limit, out Refusal? refusal)
    {
        (after, limit, refusal) = (null, request.Limit ?? DefaultLimit, null);
        var faults = UnknownParameters.Faults<QuotaPageRequest>(http.Request);
        if (request.Limit is < 1 or > MaxLimit) faults.Add(new RequestFault("limit", $"is {request.Limit}; it must be from 1 to {MaxLimit}"));
        if (faults.Count > 0) refusal = Refusal.Of(faults);
        else if (request.Cursor is { } cursor && (after = cursors.Read(cursor)) is null) refusal = InvalidCursor();
        return refusal is null;
    }

    private static Refusal InvalidCursor() => Refusal.Invalid("invalid-cursor", "The cursor was changed, or belongs to another list. Begin again without one.");
}
