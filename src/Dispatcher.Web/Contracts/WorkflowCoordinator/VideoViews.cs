using System.Text.Json.Nodes;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>The contract's bodies of a job.</summary>
internal static class VideoViews
{
    /// <summary><c>GET /jobs/:id</c></summary>
    public static async ValueTask<JsonObject> Job(VideoJob job, VideoJobs jobs)
    {
        var (document, stage) = (job.Document, await StageOf(job, jobs));
        var view = new JsonObject
        {
            ["job_id"] = document.Number,
            ["type"] = document.Type,
            ["status"] = stage.Status,
            ["progress_percentage"] = stage.Percentage,
            ["current_stage"] = stage.Name,
            ["parameters"] = document.Parameters.DeepClone(),
            ["storyboard"] = document.Storyboard.DeepClone(),
            ["video_name"] = document.VideoName,
            ["estimated_cost"] = document.EstimatedCost,
            ["costs"] = VideoModels.Costs(document.EstimatedCost),
            ["inserted_at"] = VideoTime.Text(job.InsertedAt),
            ["updated_at"] = VideoTime.Text(job.State.UpdatedAt),
        };
        if (stage.Partial is var (completed, total))
        {
            view["completed_scenes"] = completed;
            view["total_scenes"] = total;
        }

        if (stage.Error is { } error) view["error"] = error;
        return view;
    }

    /// <summary>201 for a new job, or for the one that the same request has made before.</summary>
    public static JsonObject Created(VideoDocument document, string status, VideoRequest request)
    {
        var view = new JsonObject
        {
            ["job_id"] = document.Number,
            ["status"] = status,
            ["type"] = document.Type,
            ["scene_count"] = document.Scenes.Count,
            ["message"] = "Job created successfully",
            ["video_name"] = document.VideoName,
            ["estimated_cost"] = document.EstimatedCost,
            ["costs"] = VideoModels.Costs(document.EstimatedCost),
            ["storyboard_ready"] = true,
            ["storyboard"] = document.Storyboard.DeepClone(),
            ["parameters"] = request.Parameters.DeepClone(),
        };
        request.EchoInto(view);
        return view;
    }

    /// <summary>A change of scenes is followed by the progress that they make together, until the pipeline begins anew.</summary>
    private static async ValueTask<Stage> StageOf(VideoJob job, VideoJobs jobs)
    {
        var stage = Pipeline.Of(job.State);
        var waits = job.State.Status is JobStatus.Pending or JobStatus.Waiting;
        if (!waits || !job.Document.IsEdited) return stage;
        var progress = (await SceneBook.Open(job, jobs)).Progress;
        return stage with { Percentage = progress.Percentage, Name = progress.Stage };
    }
}
