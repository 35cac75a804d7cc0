namespace Provider;

/// <summary>The provider's HTTP face.</summary>
internal static class PredictionEndpoints
{
    public static void MapPredictions(this WebApplication app, Workshop workshop)
    {
        app.Use(async (http, next) =>
        {
            if (workshop.Fault.SlowMs > 0) await Task.Delay(TimeSpan.FromMilliseconds(workshop.Fault.SlowMs), TimeProvider.System, http.RequestAborted);
            await next(http);
        });
        app.MapPost("/predictions", (Order order, HttpContext http) => Take(order, http, workshop));
        app.MapGet("/predictions/{id}", (string id) => Look(id, workshop));
        app.MapPost("/predictions/{id}/cancel", (string id) => Cancel(id, workshop));
        app.MapGet("/files/{id}.mp4", (string id) => File.Exists(workshop.ClipOf(id)) && workshop.Ledger.Find(id) is not null ? Results.File(Path.GetFullPath(workshop.ClipOf(id)), "video/mp4") : Results.NotFound());
        app.MapGet("/bill", () => new { starts = workshop.Ledger.Bill.Count, total = workshop.Ledger.Bill.Sum(item => item.Amount), items = workshop.Ledger.Bill });
        app.MapPost("/faults", (Fault fault) =>
        {
            workshop.Set(fault);
            return fault;
        });
    }

    private static IResult Take(Order order, HttpContext http, Workshop workshop)
    {
        var fault = workshop.Fault;
        if (fault.Refuse > 0 && workshop.StillHappens())
        {
            if (fault.RetryAfter > 0) http.Response.Headers.RetryAfter = fault.RetryAfter.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return Results.Json(new { detail = "not now" }, statusCode: fault.Refuse);
        }

        var key = http.Request.Headers["Idempotency-Key"].ToString();
        var (prediction, isNew) = workshop.Take(order, key.Length > 0 ? key : null);
        if (fault.Drop && workshop.StillHappens())
        {
            http.Abort();
            return Results.Empty;
        }

        return Results.Json(workshop.View(prediction), statusCode: isNew ? 201 : 200);
    }

    private static IResult Look(string id, Workshop workshop)
    {
        workshop.CountLook();
        if (workshop.Fault.RefuseLooks > 0 && workshop.StillHappens()) return Results.Json(new { detail = "not now" }, statusCode: workshop.Fault.RefuseLooks);
        return Show(id, workshop);
    }

    private static IResult Show(string id, Workshop workshop) =>
        workshop.Ledger.Find(id) is { } found ? Results.Json(workshop.View(found)) : Results.NotFound(new { detail = "no such prediction" });

    private static IResult Cancel(string id, Workshop workshop)
    {
        workshop.Ledger.Change(id, known => known with { Status = "canceled" });
        return Show(id, workshop);
    }
}
