using System.Text.Json.Nodes;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Jobs.Reading;

/// <summary>
/// The answer for a job that is there, and whose history this program cannot read. What became of it nobody can say before a program comes that reads it: it has not failed, and
/// whoever takes it for none would make it again.
/// </summary>
internal static class ParkedJob
{
    public const string Code = "parked";

    /// <summary>Somebody has to bring another program, or another handler.</summary>
    public const int RetryAfterSeconds = 60;

    /// <param name="job">One without a state.</param>
    public static Refusal Refuse(JobReading job)
    {
        var view = job.View();
        return new Refusal(StatusCodes.Status503ServiceUnavailable, Code, $"The job is parked, since this server cannot read its history: {view.Parked}")
        {
            More = new JsonObject { ["job_id"] = view.Id.ToString() },
            RetryAfterSeconds = RetryAfterSeconds,
        };
    }
}

/// <summary>Somebody wants to know of a job what only its history tells, and this program cannot read it.</summary>
/// <param name="job">One without a state.</param>
internal sealed class ParkedJobException(JobReading job) : Exception(ParkedJob.Refuse(job).Detail)
{
    public Refusal Refusal { get; } = ParkedJob.Refuse(job);
}
