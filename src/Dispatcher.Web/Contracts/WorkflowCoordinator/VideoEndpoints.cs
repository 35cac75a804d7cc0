using System.Globalization;
using System.Text.Json.Nodes;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Dispatcher.Web.Access;
using Dispatcher.Web.Artifacts;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Reading;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>
/// Finished videos: lists, the combined video, its clips and its thumbnail. A file is looked up among those that the job's events name and never on the disk, so no name leads
/// anywhere else.
/// </summary>
internal static class VideoEndpoints
{
    private const int DefaultLimit = 25;
    private const int MaxLimit = 100;
    private const int MaxOffset = 10_000;

    public const string CombinedPath = "renders/final.mp4";
    public const string ThumbnailPath = "renders/thumbnail.jpg";

    public static void MapVideos(this IEndpointRouteBuilder api)
    {
        api.MapGet("/generated-videos", List).RequireRole(Role.Viewer);
        api.MapGet("/videos/{id}/combined", (string id, Caller caller, HttpContext http, VideoJobs jobs, DispatcherEngine engine) => Send(id, CombinedPath, "Video not found", caller, http, jobs, engine)).RequireRole(Role.Viewer);
        api.MapGet("/videos/{id}/thumbnail", (string id, Caller caller, HttpContext http, VideoJobs jobs, DispatcherEngine engine) => Send(id, ThumbnailPath, "Thumbnail not found", caller, http, jobs, engine)).RequireRole(Role.Viewer);
        api.MapGet("/videos/{id}/clips/{filename}", (string id, string filename, Caller caller, HttpContext http, VideoJobs jobs, DispatcherEngine engine) => Send(id, ClipPlan.Folder + filename, "Clip not found", caller, http, jobs, engine)).RequireRole(Role.Viewer);
    }

    /// <summary>Videos that are there, newest first; the count is that of the page.</summary>
    private static async Task<IResult> List(HttpContext http, Caller caller, VideoJobs jobs)
    {
        var query = new Query(http.Request.Query);
        if (query.Faults.Count > 0) return VideoAnswer.Invalid(query.Faults);
        var videos = await jobs.Completed(caller.Tenant, query.Terms, query.Wants, query.Offset, query.Limit);
        var data = new JsonArray([.. videos.Select(View)]);
        return VideoAnswer.Ok(new JsonObject { ["data"] = data, ["meta"] = new JsonObject { ["count"] = data.Count, ["limit"] = query.Limit, ["offset"] = query.Offset } });
    }

    private static JsonObject View(VideoJob job)
    {
        var (number, files) = (job.Document.Number, StepViews.ArtifactsOf(job.State).ToList());
        var combined = files.LastOrDefault(file => file.Path == CombinedPath);
        var view = new JsonObject
        {
            ["job_id"] = number,
            ["type"] = job.Document.Type,
            ["status"] = job.Status,
            ["video_name"] = job.Document.VideoName,
            ["campaign_id"] = job.Document.Campaign.ToString("D"),
            ["client_id"] = job.Document.Client,
            ["estimated_cost"] = job.Document.EstimatedCost,
            ["video_url"] = combined is null ? null : VideoPaths.Video(number, "combined"),
            ["size_bytes"] = combined?.Bytes,
            ["thumbnail_url"] = files.Exists(file => file.Path == ThumbnailPath) ? VideoPaths.Video(number, "thumbnail") : null,
            ["clips"] = new JsonArray([.. files.Where(file => file.Path.StartsWith(ClipPlan.Folder, StringComparison.Ordinal)).Select(file => (JsonNode)VideoPaths.Clip(number, file.Path))]),
            ["inserted_at"] = VideoTime.Text(job.InsertedAt),
            ["updated_at"] = VideoTime.Text(job.State.UpdatedAt),
        };
        return view;
    }

    /// <summary>
    /// A scene's clip as it is now, from whatever revision shows it; all else, and a clip that is being made anew or is gone, of the newest revision that has a video.
    /// </summary>
    private static async Task<IResult> Send(string id, string path, string notFound, Caller caller, HttpContext http, VideoJobs jobs, DispatcherEngine engine)
    {
        if (await jobs.Find(id, caller.Tenant) is not { } newest) return VideoAnswer.NoJob(id);
        var holder = path.StartsWith(ClipPlan.Folder, StringComparison.Ordinal) ? (await SceneBook.Open(newest, jobs)).HolderOf(path) : null;
        var job = holder ?? (newest.State.Status == JobStatus.Completed ? newest : await jobs.FindCompleted(id, caller.Tenant) ?? newest);
        return ArtifactFile.Answer(engine, job.State, path, http) is { } file ? file : VideoAnswer.Error(StatusCodes.Status404NotFound, notFound, ("job_id", newest.Document.Number));
    }

    /// <summary>Which videos: <c>job_id campaign_id client_id limit offset</c>.</summary>
    private sealed class Query
    {
        private readonly List<(string Label, string Value)> _labels = [];

        public Query(IQueryCollection query)
        {
            Limit = Number(query, "limit", DefaultLimit, 1, int.MaxValue) is var limit && limit > MaxLimit ? MaxLimit : limit;
            Offset = Number(query, "offset", 0, 0, MaxOffset);
            if (Text(query, "job_id") is { } job) Want(VideoJobs.NumberLabel, job, VideoJobs.TryNumber(job, out _), "job_id", "is no job's id");
            if (Text(query, "campaign_id") is { } campaign) Want(VideoJobs.CampaignLabel, campaign.ToLowerInvariant(), Guid.TryParseExact(campaign, "D", out _), "campaign_id", "must be a UUID");
            if (Text(query, "client_id") is { } client) Want(VideoJobs.ClientLabel, client, client.Length <= 100, "client_id", "has more than 100 characters");
        }

        public int Limit { get; }

        public int Offset { get; }

        public List<(string Field, string Message)> Faults { get; } = [];

        public IReadOnlyList<string> Terms => [.. _labels.Select(label => JobTerms.Spell($"{label.Label}={label.Value}"))];

        /// <summary>Terms are found without regard to case, which ids have.</summary>
        public bool Wants(JobRow row) => _labels.TrueForAll(label => VideoRows.LabelOf(row, label.Label) == label.Value);

        private void Want(string label, string value, bool isGood, string field, string fault)
        {
            if (isGood) _labels.Add((label, value));
            else Faults.Add((field, fault));
        }

        private static string? Text(IQueryCollection query, string name) => query[name] is [{ Length: > 0 } value] ? value : null;

        private int Number(IQueryCollection query, string name, int fallback, int least, int most)
        {
            if (Text(query, name) is not { } text) return fallback;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
            Faults.Add((name, $"must be a whole number from {least}{(most == int.MaxValue ? "" : $" to {most}")}"));
            return fallback;
        }
    }
}
