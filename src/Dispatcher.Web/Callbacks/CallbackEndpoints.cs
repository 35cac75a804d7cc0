using System.ComponentModel;
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
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Callbacks;

/// <summary>The tenant's callbacks: what was sent, sending again, who receives, and the secret that signs.</summary>
internal static class CallbackEndpoints
{
    private const int MaxLimit = 200;
    private const int DefaultLimit = 50;

    public static void MapCallbacks(this IEndpointRouteBuilder api)
    {
        var webhooks = api.MapGroup("/webhooks").WithTags("callbacks");
        webhooks.MapGet("/deliveries", List).WithName("listDeliveries").RequireRole(Role.Operator).Refuses(ProblemCode.InvalidRequest, ProblemCode.InvalidCursor);
        webhooks.MapPost("/deliveries/{id}/replay", Replay).WithName("replayDelivery").RequireRole(Role.Operator).Refuses(ProblemCode.NotFound);
        webhooks.MapGet("/receivers", ListReceivers).WithName("listReceivers").RequireRole(Role.Operator);
        webhooks.MapGet("/secret", ShowSecret).WithName("getWebhookSecret").RequireRole(Role.Admin);
        webhooks.MapPost("/secret/rotate", RotateSecret).WithName("rotateWebhookSecret").RequireRole(Role.Admin);
    }

    /// <summary>List deliveries</summary>
    /// <remarks>Callbacks that were sent or will be, newest first, with what became of each.</remarks>
    internal static async Task<Results<Ok<DeliveryPage>, ProblemHttpResult>> List([AsParameters] ListDeliveriesRequest request, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var faults = UnknownParameters.Faults<ListDeliveriesRequest>(http.Request);
        var status = StatusOf(request.Status, faults);
        if (request.Limit is < 1 or > MaxLimit) faults.Add(new RequestFault("limit", $"is {request.Limit}; it must be from 1 to {MaxLimit}"));
        JobId? job = JobId.TryParse(request.Job, out var id) ? id : null;
        if (request.Job is not null && job is null) faults.Add(new RequestFault("job", "is no job id"));
        if (faults.Count > 0) return Refusal.Of([.. faults]).ToProblem(http);
        long? before = null;
        if (request.Cursor is { } cursor)
        {
            if (!DeliveryCursor.TryRead(cursor, out var last)) return InvalidCursor().ToProblem(http);
            before = last;
        }

        var limit = request.Limit ?? DefaultLimit;
        var deliveries = await engine.Deliveries.ListDeliveries(caller.Tenant, job, status, before, limit);
        var next = deliveries.Count == limit ? DeliveryCursor.Write(deliveries[^1].Id) : null;
        return TypedResults.Ok(new DeliveryPage([.. deliveries.Select(DeliveryView.Of)], next));
    }

    /// <summary>Send a delivery again</summary>
    /// <remarks>Under the same webhook-id. One that has not ended yet is left as it is.</remarks>
    /// <param name="id">The delivery's id.</param>
    internal static async Task<Results<Accepted<ReplayReceipt>, ProblemHttpResult>> Replay(string id, Caller caller, HttpContext http, DispatcherEngine engine)
    {
        var isThere = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && await engine.Callbacks.Replay(caller.Tenant, number);
        if (!isThere) return Refusal.NotFound($"There is no delivery {Excerpt.Of(id, 40)}.").ToProblem(http);
        return TypedResults.Accepted((string?)null, new ReplayReceipt(id));
    }

    /// <summary>List receivers</summary>
    /// <remarks>Those that have something to get now or have failed lately, with the state of their circuit breakers.</remarks>
    internal static async Task<Ok<ReceiverList>> ListReceivers(Caller caller, DispatcherEngine engine) =>
        TypedResults.Ok(new ReceiverList([.. (await engine.Callbacks.Receivers(caller.Tenant)).Select(ReceiverView.Of)]));

    /// <summary>Show the secret</summary>
    /// <remarks>With which the tenant's callbacks are signed. The first call makes it.</remarks>
    internal static async Task<Ok<SecretView>> ShowSecret(Caller caller, DispatcherEngine engine) =>
        TypedResults.Ok(SecretView.Of(await engine.Callbacks.Secrets.Active(caller.Tenant)));

    /// <summary>Replace the secret</summary>
    /// <remarks>For 24 h the old one signs too, so that receivers have time to change.</remarks>
    internal static async Task<Ok<SecretView>> RotateSecret(Caller caller, DispatcherEngine engine) =>
        TypedResults.Ok(SecretView.Of(await engine.Callbacks.Secrets.Rotate(caller.Tenant)));

    private static DeliveryStatus? StatusOf(string? text, List<RequestFault> faults)
    {
        if (text is null) return null;
        if (KebabCaseEnumConverter<DeliveryStatus>.TryParse(text, out var status)) return status;
        faults.Add(new RequestFault("status", $"is no status of a delivery; use one of {string.Join(", ", Enum.GetValues<DeliveryStatus>().Select(known => known.ToText()))}"));
        return null;
    }

    private static Refusal InvalidCursor() => Refusal.Invalid("invalid-cursor", "The cursor was changed, or belongs to another list. Begin again without one.");
}

/// <summary>Which of the tenant's deliveries to list.</summary>
internal sealed record ListDeliveriesRequest
{
    [FromQuery(Name = "job")]
    [Description("A job's id.")]
    public string? Job { get; init; }

    [FromQuery(Name = "status")]
    [Description("`pending`, `delivered` or `failed`.")]
    public string? Status { get; init; }

    [FromQuery(Name = "cursor")]
    [Description("What the page before gave as `next`.")]
    public string? Cursor { get; init; }

    [FromQuery(Name = "limit")]
    [Description("1..200; 50 if absent.")]
    public int? Limit { get; init; }
}
