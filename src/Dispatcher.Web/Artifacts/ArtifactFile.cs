using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Reading;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Dispatcher.Web.Artifacts;

/// <summary>A file of a job as an answer, with ranges and the file's SHA-256 as its ETag.</summary>
internal static class ArtifactFile
{
    /// <summary>The file; null if it is not among those that the job's events name, or is gone. What a browser would run comes as an attachment.</summary>
    public static PhysicalFileHttpResult? Answer(DispatcherEngine engine, JobState job, string path, HttpContext http)
    {
        if (StepViews.ArtifactsOf(job).LastOrDefault(artifact => artifact.Path == path) is not { } found || FileOf(engine, job, path) is not { } file) return null;
        // A range of another unit is none (RFC 9110), which the framework does not look at.
        if (http.Request.Headers.Range is [{ } range] && !range.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase)) http.Request.Headers.Range = default;
        return TypedResults.PhysicalFile(
            file.FullName,
            ArtifactTypes.Of(path),
            ArtifactTypes.IsActive(path) ? Path.GetFileName(path) : null,
            // A later attempt may be replacing the file just now: then what it is called is not what it is.
            entityTag: file.Length == found.Bytes ? new EntityTagHeaderValue($"\"{found.Sha256}\"") : null,
            enableRangeProcessing: true);
    }

    private static FileInfo? FileOf(DispatcherEngine engine, JobState job, string path)
    {
        try
        {
            var file = new FileInfo(engine.Artifacts.FolderOf(job.Spec.Tenant, job.Id).PathOf(path));
            return file.Exists ? file : null;
        }
        catch (ArtifactPathException)
        {
            return null;
        }
    }
}
