using Dispatcher.Jobs;
using Dispatcher.Web.Problems;

namespace Dispatcher.Web.Jobs;

/// <summary>One answer for a job that is not there, one that is another tenant's, and what is no id at all: nobody learns which.</summary>
internal static class UnknownJob
{
    public static Refusal Refuse(string id) => Refusal.NotFound($"There is no job {Excerpt.Of(id)}.");
}
