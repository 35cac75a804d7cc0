using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Problems;

/// <summary>What problem details of every kind have in common.</summary>
internal static class ProblemServices
{
    public static IServiceCollection AddProblems(this IServiceCollection services) => services.AddProblemDetails();
}
