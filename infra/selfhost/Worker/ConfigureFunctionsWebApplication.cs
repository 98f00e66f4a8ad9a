using Microsoft.Azure.Functions.Worker.Builder;

namespace Microsoft.Extensions.Hosting;

public static class FunctionsHostBuilderExtensions
{
    /// <summary>HTTP functions take ASP.NET Core's types. This host always works so; middleware registered later may replace results.</summary>
    public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder) => builder;
}
