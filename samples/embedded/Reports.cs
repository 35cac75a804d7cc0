using Dispatcher.Jobs;
using Dispatcher.Web;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Embedded;

/// <param name="Uploads">The directory of uploaded files.</param>
/// <param name="PauseMs">How long each column takes longer than it must.</param>
internal sealed record ReportOptions(string Uploads, int PauseMs);

/// <summary>What the application shows of a report.</summary>
internal sealed record ReportView(string Id, string Status, int ColumnsDone, string? Report, string? Problem);

/// <summary>The application's own part: upload a file, and read its report.</summary>
internal static class Reports
{
    public static IServiceCollection AddReports(this IServiceCollection services, ReportOptions options) => services
        .AddSingleton(options)
        .AddStepHandler<SummariseColumn>()
        .AddWorkflow(ReportWorkflow.Definition);

    public static void MapReports(this WebApplication app)
    {
        app.MapPost("/reports", Create);
        app.MapGet("/reports/{id}", Find);
    }

    /// <summary>Keeps the file, then makes the job: once this has answered, the report will be written, whatever happens to the process.</summary>
    private static async Task<Accepted<ReportView>> Create(string name, HttpRequest request, ReportOptions options, IDispatcherClient dispatcher)
    {
        Directory.CreateDirectory(options.Uploads);
        var file = Path.Combine(options.Uploads, Path.GetRandomFileName() + ".csv");
        await using (var stream = File.Create(file))
        {
            await request.Body.CopyToAsync(stream);
            stream.Flush(flushToDisk: true);
        }

        var id = await dispatcher.Submit(ReportWorkflow.Name, new Upload(file, name));
        return TypedResults.Accepted($"/reports/{id}", new ReportView(id.ToString(), "accepted", 0, null, null));
    }

    private static async Task<Results<Ok<ReportView>, NotFound>> Find(string id, IDispatcherClient dispatcher)
    {
        if (!JobId.TryParse(id, out var job) || await dispatcher.Find(job) is not { } state) return TypedResults.NotFound();
        var report = state.Output?.GetProperty("report").GetString();
        return TypedResults.Ok(new ReportView(
            id, state.Status.ToText(), state.Step("summarise").FanOut?.Completed ?? 0, report is null ? null : await File.ReadAllTextAsync(report), state.Failure?.Message));
    }
}
