#pragma once

// Coefficients of the approximations in math.h and special.h, lowest order first: least maximal relative error (Remez
// exchange), then rounded. Constants in hexadecimal are sums of parts, the first ones short so that their products with
// small integers are exact.
//
//   kExp      (exp(r) - 1 - r) / r^2                for |r| <= log(2) / 2
//   kLog      (log((1 + s) / (1 - s)) - 2 s) / s^3  in s^2, for 1 / sqrt(2) <= (1 + s) / (1 - s) <= sqrt(2)
//   kLog1p    the same, for 1 <= (1 + s) / (1 - s) <= 2
//   kSin      (sin(r) - r) / r^3                    in r^2, for |r| <= pi / 4
//   kCos      (cos(r) - 1 + r^2 / 2) / r^4          in r^2, for |r| <= pi / 4
//   kArcsin   (arcsin(x) - x) / x^3                 in x^2, for |x| <= 1 / 2
//   kArctan   (arctan(x) - x) / x^3                 in x^2, for |x| <= tan(pi / 8)
//   kSinh     (sinh(x) - x) / x^3                   in x^2, for |x| <= 1
//   kErf      erf(x) / x                            in x^2, for |x| <= 1
//   kErfcx    exp(t^2) erfc(t) (1 + 2 t)            in (t - 3) / (t + 3), for t >= 0 as far as erfc(t) is not 0,
//             times a scale for which the first coefficient and the scale lie next to floats;
//             the form is Shepherd and Laframboise's (Mathematics of Computation 36, 1981)
namespace lamina::LAMINA_ISA {

template <typename T>
struct Coefficients;

template <>
struct Coefficients<float> {
  static constexpr float kExp[] = {0.5f, 0.1666652f, 0.041666206f, 0.008368886f, 0.0013950474f};
  static constexpr float kLog[] = {0.66666776f, 0.3997761f, 0.2987051f};
  static constexpr float kLog1p[] = {0.66666424f, 0.4002117f, 0.2800629f, 0.27994466f};
  static constexpr float kSin[] = {-0.16666655f, 0.008332176f, -0.00019516957f};
  static constexpr float kCos[] = {0.041666646f, -0.0013887373f, 2.4438852e-05f};
  static constexpr float kArcsin[] = {0.1666675f, 0.07495344f, 0.045466233f, 0.024194894f, 0.04214602f};
  static constexpr float kArctan[] = {-0.33333316f, 0.1999853f, -0.14244449f, 0.1059968f, -0.06091363f};
  static constexpr float kSinh[] = {0.16666667f, 0.0083333505f, 0.00019836075f, 2.8173959e-06f};
  static constexpr float kErf[] = {1.1283791f,    -0.37612626f,    0.112835854f, -0.026853815f,
                                   0.0051883305f, -0.00080102024f, 7.85385e-05f};
  static constexpr float kErfcx[] = {1.2417151f,    -0.13439883f,    -0.04713379f,   0.12847804f,
                                     -0.11819512f,  0.06768028f,     -0.023587964f,  0.002539918f,
                                     0.0019909448f, -0.00075859425f, -0.00026104532f};
  static constexpr float kErfcxScale = 0.9909873f;
  static constexpr float kLn2[] = {0x1.62e4p-1f, 0x1.7f7d1cp-20f};
  static constexpr float kLog10Of2[] = {0x1.344p-2f, 0x1.3509f8p-18f};
  static constexpr float kHalfPi[] = {0x1.92p0f, 0x1.fb4p-12f, 0x1.444p-24f, 0x1.68c234p-39f};
};

template <>
struct Coefficients<double> {
  static constexpr double kExp[] = {0.5000000000000012,     0.166666666666667,     0.0416666666665208,
                                    0.008333333333307814,   0.0013888888945882817, 0.00019841269916272554,
                                    2.4801490911752708e-05, 2.755721714999138e-06, 2.7630989676601786e-07,
                                    2.5117628477628585e-08};
  static constexpr double kLog[] = {0.6666666666666731,  0.399999999994337,   0.28571428738963944, 0.22222198867024684,
                                    0.18183551312276264, 0.15314337410967105, 0.14793461890702916};
  static constexpr double kLog1p[] = {0.6666666666666642,  0.40000000000125574, 0.2857142855116624, 0.2222222379302126,
                                      0.18181749394761829, 0.15386455862864956, 0.1330220866750387, 0.12097169631081402,
                                      0.08375931184561658, 0.1695711898903137};
  static constexpr double kSin[] = {-0.16666666666666632,   0.008333333333322467,    -0.00019841269829824266,
                                    2.7557313691298437e-06, -2.5050757265019883e-08, 1.5896711453968003e-10};
  static constexpr double kCos[] = {0.041666666666666616,    -0.0013888888888876,   2.4801587290487097e-05,
                                    -2.7557314607100524e-07, 2.087575416855374e-09, -1.1361092611639962e-11};
  static constexpr double kArcsin[] = {0.16666666666665653,  0.07500000000294418,   0.04464285685621501,
                                       0.03038195818353027,  0.022371777573816937,  0.01735944790032818,
                                       0.013887485377625748, 0.012155941010319098,  0.006580081732196004,
                                       0.019397663540585832, -0.016035154132737157, 0.031791910264800306};
  static constexpr double kArctan[] = {-0.3333333333333323,  0.19999999999961376,  -0.14285714280847328,
                                       0.11111110811483421,  -0.09090898469051174, 0.0769207157795631,
                                       -0.06663221525358544, 0.058486743186534185, -0.05042578169608148,
                                       0.03814201190258522,  -0.01798660547267312};
  static constexpr double kSinh[] = {0.16666666666666666,    0.008333333333333333,  0.00019841269841269595,
                                     2.7557319224119143e-06, 2.505210834586288e-08, 1.6059050681064525e-10,
                                     7.646477813789362e-13,  2.848363603692055e-15};
  static constexpr double kErf[] = {1.1283791670955126,     -0.3761263890318375,     0.11283791670954858,
                                    -0.02686617064507296,   0.00522397762478137,     -0.0008548326978765149,
                                    0.00012055331037551108, -1.4925593518728226e-05, 1.6460972954153765e-06,
                                    -1.635002619207727e-07, 1.4657883530919653e-08,  -1.136567067182716e-09,
                                    5.945255584223488e-11};
  static constexpr double kErfcxScale = 1;
  static constexpr double kErfcx[] = {
      1.2530080582697296,     -0.13562110612458053,   -0.04756229435344914,    0.12964515870269053,
      -0.11927366341539407,   0.06830802734628823,    -0.023770514916732266,   0.002529391781009783,
      0.001888690335180427,   -0.0007798319773567205, -0.00010515961067631053, 0.00012509784514398532,
      4.948511220463209e-06,  -2.009565318680049e-05, -7.282016005975483e-07,  3.462022067563663e-06,
      3.494430914089514e-07,  -6.025528635482025e-07, -1.3095728422524493e-07, 9.015763215906499e-08,
      3.2431734496286474e-08, -7.992084759768956e-09, -3.981059988132405e-09};
  static constexpr double kLn2[] = {0x1.62e42fefa3p-1, 0x1.3de6af278ece6p-42};
  static constexpr double kLog10Of2[] = {0x1.34413509f7p-2, 0x1.3fde623e2566bp-43};
  static constexpr double kHalfPi[] = {0x1.921fb544p0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69, 0x1.b839a252049c1p-104};
};

}  // namespace lamina::LAMINA_ISA
