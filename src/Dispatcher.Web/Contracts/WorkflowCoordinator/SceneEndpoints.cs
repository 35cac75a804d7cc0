using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>Scenes of a job: read, change, take out, render anew.</summary>
internal static class SceneEndpoints
{
    private const string NotOfThisJob = "Scene does not belong to this job";

    public static void MapScenes(this IEndpointRouteBuilder api)
    {
        var scenes = api.MapGroup("/jobs/{id}/scenes");
        scenes.MapGet("", List).RequireRole(Role.Viewer);
        scenes.MapGet("/{scene}", Get).RequireRole(Role.Viewer);
        scenes.MapPut("/{scene}", Put).RequireRole(Role.Submitter);
        scenes.MapDelete("/{scene}", Delete).RequireRole(Role.Submitter);
        // It orders and pays at once, so it needs what an approval needs.
        scenes.MapPost("/{scene}/regenerate", Regenerate).RequireRole(Role.Operator);
    }

    private static async Task<IResult> List(string id, Caller caller, VideoJobs jobs)
    {
        if (await jobs.Find(id, caller.Tenant) is not { } job) return VideoAnswer.NoJob(id);
        var book = await SceneBook.Open(job, jobs);
        var progress = book.Progress;
        return VideoAnswer.Ok(new JsonObject
        {
            ["job_id"] = job.Document.Number,
            ["total_scenes"] = progress.Total,
            ["completed_scenes"] = progress.Completed,
            ["progress_percentage"] = progress.Percentage,
            ["progress"] = progress.ToJson(),
            ["scenes"] = new JsonArray([.. Enumerable.Range(0, progress.Total).Select(index => (JsonNode)book.View(index))]),
        });
    }

    private static async Task<IResult> Get(string id, string scene, Caller caller, VideoJobs jobs)
    {
        if (await jobs.Find(id, caller.Tenant) is not { } job) return VideoAnswer.NoJob(id);
        return Place(job, scene, out var refusal) is { } index ? VideoAnswer.Ok((await SceneBook.Open(job, jobs)).View(index)) : refusal!;
    }

    private static async Task<IResult> Put(string id, string scene, Caller caller, HttpContext http, VideoJobs jobs, SceneEditor editor)
    {
        var (body, unreadable) = await ContractBody.ReadObject(http);
        if (unreadable is not null) return unreadable;
        var fields = JsonObject.Create(body)!;
        return await editor.Edit(id, caller, http, new SceneChange("Scene updated successfully", "updated", book => Place(book.Job, scene, out var refusal) is { } index ? editor.Update(book, index, fields) : refusal!));
    }

    private static async Task<IResult> Delete(string id, string scene, Caller caller, HttpContext http, SceneEditor editor) =>
        await editor.Edit(id, caller, http, new SceneChange("Scene deleted successfully", "deleted", book => Place(book.Job, scene, out var refusal) is { } index ? SceneEditor.Remove(book, index) : refusal!));

    private static async Task<IResult> Regenerate(string id, string scene, Caller caller, HttpContext http, SceneEditor editor) => await editor.Edit(
        id, caller, http, new SceneChange("Scene regeneration started", "regenerated", book => Place(book.Job, scene, out var refusal) is { } index ? SceneEditor.Renew(book, index) : refusal!) { StartsAtOnce = true });

    /// <summary>Where the scene is in its job; null with the answer to give if it is nowhere there.</summary>
    private static int? Place(VideoJob job, string scene, out ContractJson? refusal)
    {
        refusal = null;
        if (!SceneId.TryRead(scene, out var number, out _)) refusal = NoScene(job, scene);
        else if (number != job.Document.Number) refusal = VideoAnswer.Error(StatusCodes.Status422UnprocessableEntity, NotOfThisJob, ("job_id", job.Document.Number), ("scene_id", scene));
        else if (job.Document.IndexOf(Guid.ParseExact(scene, "D")) is >= 0 and var index) return index;
        else refusal = NoScene(job, scene);
        return null;
    }

    private static ContractJson NoScene(VideoJob job, string scene) =>
        VideoAnswer.Error(StatusCodes.Status404NotFound, "Scene not found", ("job_id", job.Document.Number), ("scene_id", Excerpt.Of(scene)));
}
