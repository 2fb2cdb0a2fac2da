// The constants of `math_f64.wgsl`, which stands behind them.
//
// Polynomials were fitted by Remez's algorithm to the least relative error of the function, coefficient by coefficient,
// each rounded before the next was fitted; all but the seed are nearer than 2^-57. Constants in parts are cut so that products with
// the numbers they meet are exact.

const NP64_MAGNITUDE_BITS: u64 = 0x7ffffffffffffffflu;
const NP64_SIGN_BIT: u64 = 0x8000000000000000lu;
const NP64_MANTISSA_BITS: u64 = 0x000ffffffffffffflu;
const NP64_INFINITY_BITS: u64 = 0x7ff0000000000000lu;
const NP64_NAN_BITS: u64 = 0x7ff8000000000000lu;
const NP64_ONE_BITS: u64 = 0x3ff0000000000000lu;
// The least normal number.
const NP64_NORMAL_BITS: u64 = 0x0010000000000000lu;
// The root of 1/2, where numbers are cut for logarithms.
const NP64_SQRT_HALF_BITS: u64 = 0x3fe6a09e667f3bcdlu;
// The upper bits of a mantissa, 26 of which multiply exactly.
const NP64_UPPER_32: u64 = 0xffffffffffe00000lu;
const NP64_UPPER_26: u64 = 0xfffffffff8000000lu;
const NP64_UPPER_25: u64 = 0xfffffffff0000000lu;
// Of 17 the cubes are exact.
const NP64_UPPER_17: u64 = 0xfffffff000000000lu;
const NP64_HALF_OF_UPPER_17: u64 = 0x0000000800000000lu;
// 1.5 2^52: what is added to it has its whole part in the lowest bits.
const NP64_COUNTER: f64 = 6755399441055744.0lf;

// Below this, odd functions are their argument.
const NP64_TINY: f64 = 2.7755575615628914e-17lf;
const NP64_LOG2_E: f64 = 1.4426950408889634lf;
const NP64_LOG2_E_HIGH: f64 = 1.4426950216293335lf;
const NP64_LOG2_E_LOW: f64 = 1.9259629911266175e-08lf;
const NP64_LN_2: f64 = 0.6931471805599453lf;
// 41 bits, for exponents of 12.
const NP64_LN_2_HIGH: f64 = 0.693147180559663lf;
const NP64_LN_2_LOW: f64 = 2.8235290563031577e-13lf;
const NP64_LOG10_E: f64 = 0.4342944819032518lf;
const NP64_LOG10_E_HIGH: f64 = 0.4342944771051407lf;
const NP64_LOG10_E_LOW: f64 = 4.798111141615973e-09lf;
const NP64_LOG10_2_HIGH: f64 = 0.30102999566383914lf;
const NP64_LOG10_2_LOW: f64 = 1.42050232272661e-13lf;
const NP64_PI: f64 = 3.141592653589793lf;
// What is missing from it.
const NP64_PI_REST: f64 = 1.2246467991473532e-16lf;
const NP64_HALF_PI: f64 = 1.5707963267948966lf;
const NP64_HALF_PI_REST: f64 = 6.123233995736766e-17lf;
const NP64_QUARTER_PI: f64 = 0.7853981633974483lf;
const NP64_TWO_OVER_PI: f64 = 0.6366197723675814lf;
// pi / 2 in parts of 26 bits, for multiples below 2^20.
const NP64_HALF_PI_0: f64 = 1.5707963109016418lf;
const NP64_HALF_PI_1: f64 = 1.5893254712295857e-08lf;
const NP64_HALF_PI_2: f64 = 6.123233932053594e-17lf;
const NP64_HALF_PI_3: f64 = 6.36831716351095e-25lf;
// What the first leaves.
const NP64_HALF_PI_LOW: f64 = 1.5893254773528196e-08lf;
// Beyond this, angles are reduced by whole numbers instead.
const NP64_ANGLE_MAX: f64 = 1600000.0lf;
const NP64_TWO_POW_MINUS_32: f64 = 2.3283064365386963e-10lf;
const NP64_TWO_POW_MINUS_64: f64 = 5.421010862427522e-20lf;
const NP64_TWO_POW_MINUS_96: f64 = 1.262177448353619e-29lf;
const NP64_TWO_POW_MINUS_128: f64 = 2.938735877055719e-39lf;
// The binary digits of 2 / pi after 64 zeros.
const NP64_TWO_OVER_PI_WORDS = array<u64, 20>(
    0x0000000000000000lu, 0xa2f9836e4e441529lu, 0xfc2757d1f534ddc0lu, 0xdb6295993c439041lu,
    0xfe5163abdebbc561lu, 0xb7246e3a424dd2e0lu, 0x06492eea09d1921clu, 0xfe1deb1cb129a73elu,
    0xe88235f52ebb4484lu, 0xe99c7026b45f7e41lu, 0x3991d639835339f4lu, 0x9c845f8bbdf9283blu,
    0x1ff897ffde05980flu, 0xef2f118b5a0a6d1flu, 0x6d367ecf27cb09b7lu, 0x4f463f669e5fea2dlu,
    0x7527bac7ebe5f17blu, 0x3d0739f78a5292ealu, 0x6bfb5fb11f8d5d08lu, 0x56033046fc7b6bablu,
);
// Beyond these, the exponential is infinite, zero, and -1 when 1 is taken off.
const NP64_EXP_MAX: f64 = 710.0lf;
const NP64_EXP_MIN: f64 = -746.0lf;
const NP64_EXPM1_MIN: f64 = -45.0lf;
const NP64_EXP2_MAX: f64 = 1024.5lf;
const NP64_EXP2_MIN: f64 = -1077.0lf;
// cosh(r) - 1 is even, of r^2; sinh(r) - r is odd, of r^2 by r^3.
const NP64_EXP_EVEN_0: f64 = 0.5lf;
const NP64_EXP_EVEN_1: f64 = 0.041666666666666685lf;
const NP64_EXP_EVEN_2: f64 = 0.0013888888888873283lf;
const NP64_EXP_EVEN_3: f64 = 2.48015873492022e-05lf;
const NP64_EXP_EVEN_4: f64 = 2.755725181949609e-07lf;
const NP64_EXP_EVEN_5: f64 = 2.0921770019056475e-09lf;
const NP64_EXP_ODD_0: f64 = 0.16666666666666666lf;
const NP64_EXP_ODD_1: f64 = 0.008333333333334426lf;
const NP64_EXP_ODD_2: f64 = 0.0001984126983707726lf;
const NP64_EXP_ODD_3: f64 = 2.755732624886699e-06lf;
const NP64_EXP_ODD_4: f64 = 2.5046755380820167e-08lf;
const NP64_EXP_ODD_5: f64 = 1.758787842047411e-10lf;
// (2 arctanh(s) - 2 s) / s^3, of s^2, where |s| <= 3 - 2 sqrt(2).
const NP64_LOG_0: f64 = 0.6666666666666734lf;
const NP64_LOG_1: f64 = 0.39999999999416536lf;
const NP64_LOG_2: f64 = 0.28571428742067784lf;
const NP64_LOG_3: f64 = 0.22222198599699644lf;
const NP64_LOG_4: f64 = 0.18183563186110163lf;
const NP64_LOG_5: f64 = 0.1531407499867827lf;
const NP64_LOG_6: f64 = 0.14795743431972763lf;
// (sin(r) - r) / r^3, of r^2, where |r| <= pi / 4.
const NP64_SIN_0: f64 = -0.1666666666666663lf;
const NP64_SIN_1: f64 = 0.00833333333332184lf;
const NP64_SIN_2: f64 = -0.0001984126982935852lf;
const NP64_SIN_3: f64 = 2.7557313538509084e-06lf;
const NP64_SIN_4: f64 = -2.5050734388180643e-08lf;
const NP64_SIN_5: f64 = 1.5895433214899066e-10lf;
// (cos(r) - 1 + r^2 / 2) / r^4.
const NP64_COS_0: f64 = 0.041666666666666595lf;
const NP64_COS_1: f64 = -0.0013888888888873338lf;
const NP64_COS_2: f64 = 2.48015872889975e-05lf;
const NP64_COS_3: f64 = -2.755731421530909e-07lf;
const NP64_COS_4: f64 = 2.087570511695694e-09lf;
const NP64_COS_5: f64 = -1.1358732904537186e-11lf;
// (arcsin(x) - x) / x^3, of x^2, where |x| <= 1/2.
const NP64_ARCSIN_0: f64 = 0.1666666666666676lf;
const NP64_ARCSIN_1: f64 = 0.07499999999970859lf;
const NP64_ARCSIN_2: f64 = 0.04464285717457116lf;
const NP64_ARCSIN_3: f64 = 0.030381942709258734lf;
const NP64_ARCSIN_4: f64 = 0.022372214955524765lf;
const NP64_ARCSIN_5: f64 = 0.017351612462715948lf;
const NP64_ARCSIN_6: f64 = 0.013980816385281855lf;
const NP64_ARCSIN_7: f64 = 0.011398937989835408lf;
const NP64_ARCSIN_8: f64 = 0.010780148104720078lf;
const NP64_ARCSIN_9: f64 = 0.0037066731700116824lf;
const NP64_ARCSIN_10: f64 = 0.02170708604033266lf;
const NP64_ARCSIN_11: f64 = -0.020998909941220292lf;
const NP64_ARCSIN_12: f64 = 0.03262873152386132lf;
// (arctan(x) - x) / x^3, of x^2, where |x| <= tan(pi / 8).
const NP64_ARCTAN_0: f64 = -0.333333333333332lf;
const NP64_ARCTAN_1: f64 = 0.1999999999995367lf;
const NP64_ARCTAN_2: f64 = -0.14285714280198983lf;
const NP64_ARCTAN_3: f64 = 0.11111110783459147lf;
const NP64_ARCTAN_4: f64 = -0.09090897756419973lf;
const NP64_ARCTAN_5: f64 = 0.07692060188426406lf;
const NP64_ARCTAN_6: f64 = -0.06663103822917796lf;
const NP64_ARCTAN_7: f64 = 0.058478885993763795lf;
const NP64_ARCTAN_8: f64 = -0.05039306684129408lf;
const NP64_ARCTAN_9: f64 = 0.038064754708836496lf;
const NP64_ARCTAN_10: f64 = -0.01790758576755795lf;
// (3 arctanh(s) / s - 3 - s^2) / s^4, of s^2.
const NP64_POWER_0: f64 = 0.6000000000000338lf;
const NP64_POWER_1: f64 = 0.42857142855149355lf;
const NP64_POWER_2: f64 = 0.3333333377989072lf;
const NP64_POWER_3: f64 = 0.2727267654983513lf;
const NP64_POWER_4: f64 = 0.2308013604580978lf;
const NP64_POWER_5: f64 = 0.19885225295806785lf;
const NP64_POWER_6: f64 = 0.19794506805801404lf;
// Roots of numbers from 1 to 2, to 2^-19.
const NP64_CBRT_SEED_0: f64 = 0.47333033377986705lf;
const NP64_CBRT_SEED_1: f64 = 0.8381612622987407lf;
const NP64_CBRT_SEED_2: f64 = -0.46923044281805654lf;
const NP64_CBRT_SEED_3: f64 = 0.20277842015705883lf;
const NP64_CBRT_SEED_4: f64 = -0.05038694449688707lf;
const NP64_CBRT_SEED_5: f64 = 0.0053486020078182175lf;
const NP64_CBRT_OF_2: f64 = 1.2599210498948732lf;
const NP64_CBRT_OF_4: f64 = 1.5874010519681996lf;
// 1 / (1 - e)^(1/3) is 1 + e / 3 + e^2 2 / 9 + e^3 14 / 81 + ...
const NP64_CBRT_0: f64 = 0.3333333333333333lf;
const NP64_CBRT_1: f64 = 0.2222222222222222lf;
const NP64_CBRT_2: f64 = 0.1728395061728395lf;
// sqrt(1/2) - 1 and sqrt(2) - 1: between them 1 + x need not be split. The latter is tan(pi / 8).
const NP64_LOG1P_MIN: f64 = -0.2928932188134525lf;
const NP64_LOG1P_MAX: f64 = 0.41421356237309503lf;
const NP64_TAN_EIGHTH: f64 = 0.41421356237309503lf;
// Up to here the hyperbolic tangent is made of exp(x) - 1; from the other on it is 1.
const NP64_TANH_MAX: f64 = 22.0lf;
// From here on 1 beside x^2 is nothing.
const NP64_ARCSINH_LARGE: f64 = 268435456.0lf;
// Nothing beside a root, and no zero.
const NP64_TINY_DIVISOR: f64 = 1.0e-200lf;
// Beyond these, numbers are multiplied before they are divided, by 2^-200 or 2^500.
const NP64_ARCTAN_MAX: f64 = 1.0e210lf;
const NP64_ARCTAN_MIN: f64 = 1.0e150lf;
const NP64_ARCTAN_DOWN: f64 = 6.223015277861142e-61lf;
const NP64_ARCTAN_UP: f64 = 3.273390607896142e+150lf;
const NP64_ARCTAN_BACK: f64 = 3.054936363499605e-151lf;
// 2 / (3 ln(2)) in 26 bits, its rest, and as it is.
const NP64_POWER_SCALE_HIGH: f64 = 0.9617966860532761lf;
const NP64_POWER_SCALE_LOW: f64 = 7.872699542894897e-09lf;
const NP64_POWER_SCALE: f64 = 0.9617966939259756lf;
// Exponents beyond this make every power but that of 1 infinite or zero.
const NP64_POWER_EXPONENT_MAX: f64 = 3.6893488147419103e+19lf;
// Between these squares are normal; beyond, numbers are multiplied by 2^600 or 2^-600, their roots by 2^300.
const NP64_HYPOT_MAX: f64 = 1.0e150lf;
const NP64_HYPOT_MIN: f64 = 1.0e-130lf;
const NP64_HYPOT_UP: f64 = 4.149515568880993e+180lf;
const NP64_HYPOT_DOWN: f64 = 2.409919865102884e-181lf;
const NP64_ROOT_UP: f64 = 2.037035976334486e+90lf;
const NP64_ROOT_DOWN: f64 = 4.909093465297727e-91lf;
