using Dispatcher.Web.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Problems;

/// <summary>What problem details of every kind have in common.</summary>
internal static class ProblemServices
{
    /// <summary>Problem details of Dispatcher's requests; other endpoints of the application keep theirs.</summary>
    public static IServiceCollection AddProblems(this IServiceCollection services) => services
        .Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true)
        .AddProblemDetails(options => options.CustomizeProblemDetails = Complete);

    private static void Complete(ProblemDetailsContext context)
    {
        if (context.HttpContext.Features.Get<RequestContext>() is not { } request) return;
        var problem = context.ProblemDetails;
        var code = problem.Extensions.TryGetValue(Problem.CodeField, out var given) && given is string text ? text : StatusProblem.CodeOf(problem.Status ?? StatusCodes.Status500InternalServerError);
        problem.Type = $"urn:dispatcher:problem:{code}";
        problem.Instance ??= context.HttpContext.Request.Path;
        problem.Extensions[Problem.CodeField] = code;
        problem.Extensions["correlation_id"] = request.CorrelationId;
        // The correlation id says the same; the framework writes its own in the spelling of the JSON options.
        problem.Extensions.Remove("traceId");
        problem.Extensions.Remove("trace_id");
    }
}
